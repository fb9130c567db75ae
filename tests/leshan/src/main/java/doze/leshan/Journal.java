// SPDX-License-Identifier: Apache-2.0
package doze.leshan;

import java.time.LocalTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.eclipse.leshan.core.observation.CompositeObservation;
import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.observation.SingleObservation;
import org.eclipse.leshan.core.response.ObserveCompositeResponse;
import org.eclipse.leshan.core.response.ObserveResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.observation.ObservationListener;
import org.eclipse.leshan.server.queue.PresenceListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

/** Everything that Leshan says of its clients, in the order in which it says it, and a line on stderr for each. */
final class Journal implements RegistrationListener, PresenceListener, ObservationListener {

    private final List<Map<String, Object>> events = new ArrayList<>();

    void listenTo(LeshanServer server) {
        server.getRegistrationService().addListener(this);
        server.getPresenceService().addListener(this);
        server.getObservationService().addListener(this);
    }

    /** Those of one endpoint, or of all where it is null, from this index of all events on. */
    synchronized List<Map<String, Object>> since(int first, String endpoint) {
        return events.stream().skip(first).filter(e -> endpoint == null || endpoint.equals(e.get("endpoint"))).toList();
    }

    /** How many there were of each kind. */
    synchronized Map<String, Object> counts(int first, String endpoint) {
        Map<String, Object> counts = new LinkedHashMap<>();
        for (String event : List.of("registered", "updated", "deregistered", "replaced", "expired", "notified")) {
            counts.put(event, since(first, endpoint).stream().filter(e -> event.equals(e.get("event"))).count());
        }
        counts.put("events", events.size());
        return counts;
    }

    private synchronized void add(String event, Registration registration, String detail) {
        Map<String, Object> entry = new LinkedHashMap<>();
        entry.put("time", LocalTime.now().truncatedTo(ChronoUnit.MILLIS).toString());
        entry.put("event", event);
        entry.put("endpoint", registration.getEndpoint());
        entry.put("registrationId", registration.getId());
        entry.put("address", Views.address(registration));
        entry.put("lifetime", registration.getLifeTimeInSec());
        if (detail != null) {
            entry.put("detail", detail);
        }
        events.add(entry);
        System.err.printf("%s %s %s %s from %s%s%n", entry.get("time"), event, registration.getEndpoint(),
                registration.getId(), entry.get("address"), detail == null ? "" : ": " + detail);
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> observations) {
        add("registered", registration, previous == null ? null : "instead of " + previous.getId());
    }

    @Override
    public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
        add("updated", updated, null);
    }

    @Override
    public void unregistered(Registration registration, Collection<Observation> observations, boolean expired,
            Registration next) {
        add(expired ? "expired" : next != null ? "replaced" : "deregistered", registration, null);
    }

    @Override
    public void onAwake(Registration registration) {
        add("awake", registration, null);
    }

    @Override
    public void onSleeping(Registration registration) {
        add("sleeping", registration, null);
    }

    @Override
    public void newObservation(Observation observation, Registration registration) {
        add("observing", registration, observation.toString());
    }

    @Override
    public void cancelled(Observation observation) {
        // unregistered() tells of the client
    }

    @Override
    public void onResponse(SingleObservation observation, Registration registration, ObserveResponse response) {
        add("notified", registration, observation.getPath() + " = " + response.getContent());
    }

    @Override
    public void onResponse(CompositeObservation observation, Registration registration,
            ObserveCompositeResponse response) {
        add("notified", registration, observation.getPaths() + " = " + response.getContent());
    }

    @Override
    public void onError(Observation observation, Registration registration, Exception error) {
        add("failed", registration, error.toString());
    }
}
