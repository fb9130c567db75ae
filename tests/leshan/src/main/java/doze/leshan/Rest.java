// SPDX-License-Identifier: Apache-2.0
package doze.leshan;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeoutException;

import org.eclipse.leshan.core.model.ResourceModel.Type;
import org.eclipse.leshan.core.node.LwM2mPath;
import org.eclipse.leshan.core.node.LwM2mSingleResource;
import org.eclipse.leshan.core.request.DiscoverRequest;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.ExecuteRequest;
import org.eclipse.leshan.core.request.ObserveRequest;
import org.eclipse.leshan.core.request.ReadRequest;
import org.eclipse.leshan.core.request.WriteRequest;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.servers.security.EditableSecurityStore;
import org.eclipse.leshan.servers.security.NonUniqueSecurityInfoException;
import org.eclipse.leshan.servers.security.SecurityInfo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;

/** Leshan's view over HTTP, in the shape of its demo's interface; /api/events and /api/counts are our own. */
final class Rest {

    private static final String PATIENCE = "60000"; // ms to wait for a client, unless the query says `timeout`

    private final ObjectMapper json = new ObjectMapper();
    private final LeshanServer server;
    private final EditableSecurityStore security;
    private final Journal journal;
    private final Downlink downlink;
    private final HttpServer http;

    /** What became of a request: a status of HTTP, and what its body shows. */
    private record Answer(int status, Object body) {
    }

    Rest(InetSocketAddress address, LeshanServer server, EditableSecurityStore security, Journal journal)
            throws IOException {
        this.server = server;
        this.security = security;
        this.journal = journal;
        this.downlink = new Downlink(server);
        http = HttpServer.create(address, 0);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/api/", this::handle);
        http.start();
    }

    int port() {
        return http.getAddress().getPort();
    }

    private void handle(HttpExchange exchange) throws IOException {
        Answer answer;
        try {
            answer = route(exchange);
        } catch (NoSuchElementException e) {
            answer = new Answer(404, Map.of("error", e.getMessage()));
        } catch (TimeoutException e) {
            answer = new Answer(504, Map.of("error", e.getMessage()));
        } catch (IOException | IllegalArgumentException | NonUniqueSecurityInfoException e) {
            answer = new Answer(400, Map.of("error", e.toString()));
        } catch (RuntimeException | InterruptedException e) {
            answer = new Answer(500, Map.of("error", e.toString()));
        }
        byte[] body = json.writeValueAsBytes(answer.body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(answer.status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private Answer route(HttpExchange exchange)
            throws IOException, InterruptedException, TimeoutException, NonUniqueSecurityInfoException {
        List<String> path = path(exchange.getRequestURI());
        Map<String, String> query = query(exchange.getRequestURI());
        int since = Integer.parseInt(query.getOrDefault("since", "0"));
        String method = exchange.getRequestMethod();
        switch (path.get(0)) {
        case "events":
            return new Answer(200, journal.since(since, query.get("ep")));
        case "counts":
            return new Answer(200, journal.counts(since, query.get("ep")));
        case "security":
            return secure(method, path, exchange);
        case "clients":
            return path.size() < 3 ? show(path) : ask(method, path, query, exchange);
        default:
            throw new NoSuchElementException("no such thing here: " + path.get(0));
        }
    }

    /** What follows /api/. */
    private static List<String> path(URI uri) {
        return Arrays.stream(uri.getRawPath().substring(5).split("/"))
                .map(part -> URLDecoder.decode(part, StandardCharsets.UTF_8)).toList();
    }

    private static Map<String, String> query(URI uri) {
        Map<String, String> query = new HashMap<>();
        if (uri.getRawQuery() != null) {
            for (String pair : uri.getRawQuery().split("&")) {
                String[] part = pair.split("=", 2);
                query.put(part[0], part.length < 2 ? "" : URLDecoder.decode(part[1], StandardCharsets.UTF_8));
            }
        }
        return query;
    }

    private Answer show(List<String> path) {
        if (path.size() == 2) {
            return new Answer(200, Views.of(find(path.get(1)), server));
        }
        List<Object> all = new ArrayList<>();
        server.getRegistrationService().getAllRegistrations()
                .forEachRemaining(registration -> all.add(Views.of(registration, server)));
        return new Answer(200, all);
    }

    private Registration find(String endpoint) {
        Registration registration = server.getRegistrationService().getByEndpoint(endpoint);
        if (registration == null) {
            throw new NoSuchElementException("no client is registered as " + endpoint);
        }
        return registration;
    }

    /** /api/clients/ENDPOINT/OBJECT/..., with the operation as its last part where the method does not name it. */
    private Answer ask(String method, List<String> path, Map<String, String> query, HttpExchange exchange)
            throws IOException, InterruptedException, TimeoutException {
        Registration registration = find(path.get(1));
        String operation = path.get(path.size() - 1);
        boolean named = operation.equals("observe") || operation.equals("discover");
        String target = "/" + String.join("/", path.subList(2, path.size() - (named ? 1 : 0)));
        if (method.equals("DELETE") && operation.equals("observe")) {
            return new Answer(200, server.getObservationService().cancelObservations(registration, target));
        }
        DownlinkDeviceManagementRequest<?> request = switch (method + (named ? " " + operation : "")) {
        case "GET" -> new ReadRequest(target);
        case "GET discover" -> new DiscoverRequest(target);
        case "POST observe" -> new ObserveRequest(target);
        case "POST" -> new ExecuteRequest(target);
        case "PUT" -> write(target, json.readTree(exchange.getRequestBody()));
        default -> throw new IllegalArgumentException(method + " " + target + ": not known here");
        };
        long patience = Long.parseLong(query.getOrDefault("timeout", PATIENCE));
        return new Answer(200, Views.of(downlink.send(registration.getEndpoint(), request, patience)));
    }

    /** A single resource: {"type": "integer", "value": "30"}; without a type it is a text. */
    private static WriteRequest write(String target, JsonNode node) {
        LwM2mPath path = new LwM2mPath(target);
        String value = node.path("value").asText();
        LwM2mSingleResource resource = node.path("type").asText().equals("integer")
                ? LwM2mSingleResource.newIntegerResource(path.getResourceId(), Long.parseLong(value))
                : LwM2mSingleResource.newResource(path.getResourceId(), value, Type.STRING);
        return new WriteRequest(WriteRequest.Mode.REPLACE, null, path, resource);
    }

    private Answer secure(String method, List<String> path, HttpExchange exchange)
            throws IOException, NonUniqueSecurityInfoException {
        switch (method) {
        case "PUT":
            security.add(securityOf(json.readTree(exchange.getRequestBody())));
            break;
        case "DELETE":
            security.remove(path.get(2), true);
            break;
        default:
            break;
        }
        return new Answer(200, security.getAll().stream().map(SecurityInfo::getEndpoint).toList());
    }

    /** {"endpoint": E, "tls": {"mode": "psk", "details": {"identity": I, "key": HEX}}}, or with the mode x509 alone. */
    private static SecurityInfo securityOf(JsonNode node) {
        String endpoint = node.path("endpoint").asText();
        JsonNode tls = node.path("tls");
        String mode = tls.path("mode").asText();
        if (mode.equals("x509")) {
            return SecurityInfo.newX509CertInfo(endpoint);
        }
        if (!mode.equals("psk")) {
            throw new IllegalArgumentException("tls.mode is neither psk nor x509");
        }
        JsonNode details = tls.path("details");
        return SecurityInfo.newPreSharedKeyInfo(endpoint, details.path("identity").asText(),
                HexFormat.of().parseHex(details.path("key").asText()));
    }
}
