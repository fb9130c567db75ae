// SPDX-License-Identifier: Apache-2.0
package doze.leshan;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;

import org.eclipse.leshan.servers.security.SecurityInfo;

/** The command line. Ports are 0 unless told otherwise: any that is free. */
final class Options {

    static final String USAGE = """
            usage: Server [--host ADDRESS] [--coap PORT] [--coaps PORT] [--rest PORT] [--cid BYTES|off] [--awake MS]
                          [--psk ENDPOINT:IDENTITY:HEX]... [--x509 ENDPOINT]...
                          [--cert FILE --private-key FILE --ca FILE] [--forever]""";

    String host = "127.0.0.1";
    int coapPort;
    int coapsPort;
    int restPort;
    int connectionIdLength = 6; // as Leshan's demo has it; below 0 there is no Connection ID
    int awakeTime = 93_000; // MAX_TRANSMIT_WAIT, RFC 7252 section 4.8.2
    String certificate; // PEM: the chain, the leaf first
    String privateKey;
    String authority;
    boolean forever; // does not end with its standard input
    final List<SecurityInfo> clients = new ArrayList<>();

    static Options parse(String[] arguments) {
        Options options = new Options();
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        while (!rest.isEmpty()) {
            options.take(rest.remove(), rest);
        }
        if (options.certificate == null != (options.privateKey == null)
                || options.certificate == null != (options.authority == null)) {
            throw new IllegalArgumentException("--cert, --private-key and --ca go together");
        }
        return options;
    }

    private void take(String name, Deque<String> rest) {
        if (name.equals("--forever")) {
            forever = true;
            return;
        }
        String value = rest.poll();
        if (value == null) {
            throw new IllegalArgumentException(name + ": unknown, or without a value");
        }
        switch (name) {
        case "--host" -> host = value;
        case "--coap" -> coapPort = number(name, value, 65535);
        case "--coaps" -> coapsPort = number(name, value, 65535);
        case "--rest" -> restPort = number(name, value, 65535);
        case "--cid" -> connectionIdLength = value.equals("off") ? -1 : number(name, value, 20);
        case "--awake" -> awakeTime = number(name, value, Integer.MAX_VALUE);
        case "--psk" -> clients.add(preSharedKey(value));
        case "--x509" -> clients.add(SecurityInfo.newX509CertInfo(value));
        case "--cert" -> certificate = value;
        case "--private-key" -> privateKey = value;
        case "--ca" -> authority = value;
        default -> throw new IllegalArgumentException(name + ": unknown");
        }
    }

    private static int number(String name, String value, int most) {
        try {
            int number = Integer.parseInt(value);
            if (number >= 0 && number <= most) {
                return number;
            }
        } catch (NumberFormatException e) {
            // as if it were out of range
        }
        throw new IllegalArgumentException(name + " " + value + ": not a number from 0 to " + most);
    }

    private static SecurityInfo preSharedKey(String value) {
        String[] part = value.split(":");
        if (part.length != 3) {
            throw new IllegalArgumentException("--psk " + value + ": not ENDPOINT:IDENTITY:HEX");
        }
        return SecurityInfo.newPreSharedKeyInfo(part[0], part[1], HexFormat.of().parseHex(part[2]));
    }
}
