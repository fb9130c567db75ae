// SPDX-License-Identifier: Apache-2.0

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.jar.JarInputStream;

import org.eclipse.californium.elements.RawData;
import org.eclipse.californium.elements.config.Configuration;
import org.eclipse.californium.elements.util.SslContextUtil;
import org.eclipse.californium.elements.util.StringUtil;
import org.eclipse.californium.scandium.DTLSConnector;
import org.eclipse.californium.scandium.config.DtlsConfig;
import org.eclipse.californium.scandium.config.DtlsConnectorConfig;
import org.eclipse.californium.scandium.dtls.CertificateType;
import org.eclipse.californium.scandium.dtls.cipher.CipherSuite;
import org.eclipse.californium.scandium.dtls.pskstore.AdvancedSinglePskStore;
import org.eclipse.californium.scandium.dtls.x509.SingleCertificateProvider;
import org.eclipse.californium.scandium.dtls.x509.StaticNewAdvancedCertificateVerifier;

/** An echo server over Scandium, Californium's DTLS, as a peer for the interop tests. */
public final class EchoServer {
    private static final int CID_SIZE = 6; // as Leshan's demo server has it

    private EchoServer() {
    }

    /** What its own manifest says. */
    private static String version() throws IOException {
        java.net.URL jar = DTLSConnector.class.getProtectionDomain().getCodeSource().getLocation();
        try (JarInputStream in = new JarInputStream(jar.openStream())) {
            return in.getManifest().getMainAttributes().getValue("Bundle-Version");
        }
    }

    private static String line(File file) throws IOException {
        return new String(Files.readAllBytes(file.toPath()), StandardCharsets.US_ASCII).trim();
    }

    private static void setKey(DtlsConnectorConfig.Builder builder, File certs) throws IOException {
        String identity = line(new File(certs, "psk.identity"));
        byte[] key = StringUtil.hex2ByteArray(line(new File(certs, "psk.key")));
        builder.set(DtlsConfig.DTLS_CIPHER_SUITES, List.of(CipherSuite.TLS_PSK_WITH_AES_128_CCM_8));
        builder.setAdvancedPskStore(new AdvancedSinglePskStore(identity, key));
    }

    private static void setCertificates(DtlsConnectorConfig.Builder builder, File certs)
            throws IOException, GeneralSecurityException {
        String chain = new File(certs, "server-chain.pem").getPath();
        String key = new File(certs, "server.key.pem").getPath();
        String root = new File(certs, "root.pem").getPath();
        builder.set(DtlsConfig.DTLS_CIPHER_SUITES, List.of(CipherSuite.TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8));
        builder.setCertificateIdentityProvider(new SingleCertificateProvider(
                SslContextUtil.loadPrivateKey(key, null, null, null),
                SslContextUtil.loadCertificateChain(chain, null, null), CertificateType.X_509));
        builder.setAdvancedCertificateVerifier(StaticNewAdvancedCertificateVerifier.builder()
                .setTrustedCertificates(SslContextUtil.loadTrustedCertificates(root)).build());
    }

    private static DTLSConnector listen(String mode, String cid, File certs)
            throws IOException, GeneralSecurityException {
        DtlsConnectorConfig.Builder builder = DtlsConnectorConfig.builder(new Configuration());
        builder.setAddress(new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0));
        builder.set(DtlsConfig.DTLS_ROLE, DtlsConfig.DtlsRole.SERVER_ONLY);
        builder.set(DtlsConfig.DTLS_CONNECTION_ID_LENGTH, cid.equals("cid") ? CID_SIZE : null);
        builder.set(DtlsConfig.DTLS_RECEIVER_THREAD_COUNT, 1);
        builder.set(DtlsConfig.DTLS_CONNECTOR_THREAD_COUNT, 1);
        if (mode.equals("x509")) {
            setCertificates(builder, certs);
        } else {
            setKey(builder, certs);
        }
        DTLSConnector connector = new DTLSConnector(builder.build());
        connector.setRawDataReceiver(message -> connector
                .send(RawData.outbound(message.getBytes(), message.getEndpointContext(), null, false)));
        connector.start();
        return connector;
    }

    public static void main(String[] arguments) throws IOException, GeneralSecurityException {
        DtlsConfig.register();
        if (arguments.length == 1 && arguments[0].equals("version")) {
            System.out.println(version());
            return;
        }
        if (arguments.length != 3) {
            System.err.println("usage: EchoServer psk|x509 plain|cid CERTS_DIR; EchoServer version");
            System.exit(2);
        }
        DTLSConnector connector = listen(arguments[0], arguments[1], new File(arguments[2]));
        System.out.println("ready " + connector.getAddress().getPort());
        while (System.in.read() >= 0) {
            // its end is ours
        }
        System.exit(0);
    }
}
