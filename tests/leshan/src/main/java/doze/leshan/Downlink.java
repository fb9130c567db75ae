// SPDX-License-Identifier: Apache-2.0
package doze.leshan;

import java.util.Collection;
import java.util.concurrent.TimeoutException;

import org.eclipse.leshan.core.observation.Observation;
import org.eclipse.leshan.core.request.DownlinkDeviceManagementRequest;
import org.eclipse.leshan.core.request.exception.ClientSleepingException;
import org.eclipse.leshan.core.response.LwM2mResponse;
import org.eclipse.leshan.server.LeshanServer;
import org.eclipse.leshan.server.queue.PresenceListener;
import org.eclipse.leshan.server.registration.Registration;
import org.eclipse.leshan.server.registration.RegistrationListener;
import org.eclipse.leshan.server.registration.RegistrationUpdate;

/** Requests to clients: one that sleeps is asked when it wakes. */
final class Downlink implements PresenceListener, RegistrationListener {

    private static final long ATTEMPT = 5000; // ms; after that it is believed to sleep

    private final LeshanServer server;
    private int signs; // of life, of any client

    Downlink(LeshanServer server) {
        this.server = server;
        server.getPresenceService().addListener(this);
        server.getRegistrationService().addListener(this);
    }

    LwM2mResponse send(String endpoint, DownlinkDeviceManagementRequest<?> request, long patience)
            throws InterruptedException, TimeoutException {
        long end = System.nanoTime() + patience * 1_000_000;
        for (;;) {
            int seen = signs();
            long left = (end - System.nanoTime()) / 1_000_000;
            Registration registration = server.getRegistrationService().getByEndpoint(endpoint);
            LwM2mResponse response = left <= 0 || registration == null ? null : attempt(registration, request, left);
            if (response != null) {
                return response;
            }
            if (!waitForSign(seen, end)) {
                throw new TimeoutException("no answer from " + endpoint + " in " + patience + " ms");
            }
        }
    }

    private LwM2mResponse attempt(Registration registration, DownlinkDeviceManagementRequest<?> request, long left)
            throws InterruptedException {
        try {
            return server.send(registration, request, Math.min(left, ATTEMPT));
        } catch (ClientSleepingException e) {
            return null;
        }
    }

    private synchronized int signs() {
        return signs;
    }

    private synchronized boolean waitForSign(int seen, long end) throws InterruptedException {
        while (signs == seen) {
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return false;
            }
            wait(left);
        }
        return true;
    }

    private synchronized void sign() {
        signs++;
        notifyAll();
    }

    @Override
    public void onAwake(Registration registration) {
        sign();
    }

    @Override
    public void onSleeping(Registration registration) {
        // the next sign of life matters
    }

    @Override
    public void registered(Registration registration, Registration previous, Collection<Observation> observations) {
        sign();
    }

    @Override
    public void updated(RegistrationUpdate update, Registration updated, Registration previous) {
        sign();
    }

    @Override
    public void unregistered(Registration registration, Collection<Observation> observations, boolean expired,
            Registration next) {
        // it may register again
    }
}
