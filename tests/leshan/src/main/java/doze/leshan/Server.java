// SPDX-License-Identifier: Apache-2.0
package doze.leshan;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.GeneralSecurityException;

import org.eclipse.californium.core.network.Endpoint;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConfig.DtlsRole;
import org.eclipse.leshan.core.endpoint.Protocol;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.LeshanServerBuilder;
import org.eclipse.leshan.server.queue.StaticClientAwakeTimeProvider;
import org.eclipse.leshan.servers.security.EditableSecurityStore;
import org.eclipse.leshan.servers.security.InMemorySecurityStore;
import org.eclipse.leshan.servers.security.NonUniqueSecurityInfoException;
import org.eclipse.leshan.servers.security.SecurityInfo;
import org.eclipse.leshan.transport.californium.server.endpoint.CaliforniumServerEndpointsProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coap.CoapServerProtocolProvider;
import org.eclipse.leshan.transport.californium.server.endpoint.coaps.CoapsServerProtocolProvider;

/** A Leshan server that forgets everything when it ends: with SIGTERM, or when its standard input is closed. */
public final class Server {

    private Server() {
    }

    public static void main(String[] arguments) throws Exception {
        Options options;
        try {
            options = Options.parse(arguments);
        } catch (IllegalArgumentException e) {
            System.err.println("Server: " + e.getMessage());
            System.err.println(Options.USAGE);
            System.exit(2);
            return;
        }
        EditableSecurityStore security = securityStore(options);
        CaliforniumServerEndpointsProvider endpoints = endpoints(options);
        LeshanServer leshan = build(options, security, endpoints);
        Journal journal = new Journal();
        journal.listenTo(leshan);
        start(leshan, endpoints);
        Rest rest = startRest(options, leshan, security, journal);
        System.out.printf("ready coap=%d coaps=%d rest=%d%n", port(leshan, Protocol.COAP),
                port(leshan, Protocol.COAPS), rest.port());
        System.out.flush();
        if (!options.forever) {
            while (System.in.read() >= 0) {
                // until whoever started it is gone
            }
            System.exit(0);
        }
    }

    /** Leshan itself is content when one of its ports can be had. */
    private static void start(LeshanServer leshan, CaliforniumServerEndpointsProvider endpoints) {
        leshan.start();
        Runtime.getRuntime().addShutdownHook(new Thread(leshan::destroy));
        for (Endpoint endpoint : endpoints.getCoapServer().getEndpoints()) {
            if (!endpoint.isStarted()) {
                System.err.println("Server: cannot listen at " + endpoint.getUri() + ": is the port in use?");
                System.exit(1);
            }
        }
    }

    private static Rest startRest(Options options, LeshanServer leshan, EditableSecurityStore security,
            Journal journal) {
        try {
            return new Rest(new InetSocketAddress(options.host, options.restPort), leshan, security, journal);
        } catch (IOException e) {
            System.err.println("Server: no REST at port " + options.restPort + ": " + e.getMessage());
            System.exit(1);
            return null;
        }
    }

    private static int port(LeshanServer leshan, Protocol protocol) {
        return leshan.getEndpoint(protocol).getURI().getPort();
    }

    private static EditableSecurityStore securityStore(Options options) throws NonUniqueSecurityInfoException {
        EditableSecurityStore security = new InMemorySecurityStore();
        for (SecurityInfo client : options.clients) {
            security.add(client);
        }
        return security;
    }

    private static CaliforniumServerEndpointsProvider endpoints(Options options) {
        CaliforniumServerEndpointsProvider.Builder builder = new CaliforniumServerEndpointsProvider.Builder(
                new CoapServerProtocolProvider(), new CoapsServerProtocolProvider());
        Configuration configuration = builder.createDefaultConfiguration();
        configuration.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, options.connectionIdLength);
        configuration.set(DtlsConfig.DTLS_ROLE, DtlsRole.SERVER_ONLY); // its certificate is for servers alone
        builder.setConfiguration(configuration);
        builder.addEndpoint(new InetSocketAddress(options.host, options.coapPort), Protocol.COAP);
        builder.addEndpoint(new InetSocketAddress(options.host, options.coapsPort), Protocol.COAPS);
        return builder.build();
    }

    private static LeshanServer build(Options options, EditableSecurityStore security,
            CaliforniumServerEndpointsProvider endpoints) throws IOException, GeneralSecurityException {
        LeshanServerBuilder builder = new LeshanServerBuilder();
        builder.setSecurityStore(security);
        builder.setClientAwakeTimeProvider(new StaticClientAwakeTimeProvider(options.awakeTime));
        builder.setEndpointsProviders(endpoints);
        if (options.certificate != null) {
            builder.setCertificateChain(Pem.certificates(options.certificate));
            builder.setPrivateKey(Pem.privateKey(options.privateKey));
            builder.setTrustedCertificates(Pem.certificates(options.authority));
        }
        return builder.build();
    }
}
