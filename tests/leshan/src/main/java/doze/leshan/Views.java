// SPDX-License-Identifier: Apache-2.0
package doze.leshan;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

import org.eclipse.leshan.core.link.Link;
import org.eclipse.leshan.core.node.LwM2mChildNode;
import org.eclipse.leshan.core.node.LwM2mNode;
import org.eclipse.leshan.core.node.LwM2mObject;
import org.eclipse.leshan.core.node.LwM2mObjectInstance;
import org.eclipse.leshan.core.node.LwM2mResource;
import org.eclipse.leshan.core.node.LwM2mResourceInstance;
import org.eclipse.leshan.core.request.BindingMode;
import org.eclipse.leshan.core.response.DiscoverResponse;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.core.response.ReadResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.registration.Registration;

/** What the REST interface shows, as maps that become JSON objects; the names are those of Leshan's own demo. */
final class Views {

    private Views() {
    }

    static String address(Registration registration) {
        return registration.getAddress().getHostAddress() + ":" + registration.getPort();
    }

    static Map<String, Object> of(Registration registration, LeshanServer server) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("endpoint", registration.getEndpoint());
        view.put("registrationId", registration.getId());
        view.put("registrationDate", registration.getRegistrationDate().toInstant().toString());
        view.put("lastUpdate", registration.getLastUpdate().toInstant().toString());
        view.put("address", address(registration));
        view.put("lwM2mVersion", registration.getLwM2mVersion().toString());
        view.put("lifetime", registration.getLifeTimeInSec());
        view.put("bindingMode", BindingMode.toString(registration.getBindingMode()));
        view.put("queuemode", registration.usesQueueMode());
        view.put("secure", registration.getClientTransportData().getIdentity().isSecure());
        view.put("identity", registration.getClientTransportData().getIdentity().toString());
        view.put("objectLinks", links(registration.getObjectLinks()));
        if (registration.usesQueueMode()) {
            view.put("sleeping", !server.getPresenceService().isClientAwake(registration));
        }
        return view;
    }

    static Map<String, Object> of(LwM2mResponse response) {
        Map<String, Object> view = new LinkedHashMap<>();
        view.put("status", response.getCode().toString());
        view.put("success", response.isSuccess());
        if (response instanceof ReadResponse read && read.getContent() != null) {
            view.put("content", of(read.getContent()));
        }
        if (response instanceof DiscoverResponse discover && discover.getObjectLinks() != null) {
            view.put("objectLinks", links(discover.getObjectLinks()));
        }
        if (response.getErrorMessage() != null) {
            view.put("errormessage", response.getErrorMessage());
        }
        return view;
    }

    private static String[] links(Link[] links) {
        String[] text = new String[links.length];
        for (int i = 0; i < links.length; i++) {
            text[i] = links[i].toString();
        }
        return text;
    }

    private static Object of(LwM2mNode node) {
        if (node instanceof LwM2mResourceInstance instance) {
            return instance.getValue().toString();
        }
        if (node instanceof LwM2mResource resource && !resource.isMultiInstances()) {
            return Map.of("id", resource.getId(), "kind", "singleResource", "type", resource.getType().toString(),
                    "value", resource.getValue().toString());
        }
        if (node instanceof LwM2mResource resource) {
            return inside("multiResource", resource.getId(), "values", resource.getInstances());
        }
        if (node instanceof LwM2mObjectInstance instance) {
            return inside("instance", instance.getId(), "resources", instance.getResources());
        }
        if (node instanceof LwM2mObject object) {
            return inside("obj", object.getId(), "instances", object.getInstances());
        }
        return node.toString();
    }

    private static Map<String, Object> inside(String kind, int id, String name,
            Map<Integer, ? extends LwM2mChildNode> nodes) {
        Map<String, Object> children = new TreeMap<>();
        nodes.forEach((number, node) -> children.put(number.toString(), of(node)));
        return Map.of("id", id, "kind", kind, name, children);
    }
}
