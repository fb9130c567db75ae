/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE 1
#include "netns/lab.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_NAMESPACE "/proc/self/ns/net"

static int open_own(void) {
    return open(OWN_NAMESPACE, O_RDONLY | O_CLOEXEC);
}

void lab_enter(const lab *l, lab_place place) {
    if (setns(l->place[place], CLONE_NEWNET) != 0) {
        perror("setns");
        abort(); /* what follows would be done elsewhere */
    }
}

static bool run(const char *command) {
    char line[512];
    int length = snprintf(line, sizeof(line), "PATH=\"$PATH:/usr/sbin:/sbin\"; %s", command);
    int status = length > 0 && (size_t)length < sizeof(line) ? system(line) : -1;
    return status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool lab_run(const lab *l, lab_place place, const char *command) {
    lab_enter(l, place);
    return run(command);
}

/* ---- making them ---- */

static const char *missing_tool(void) {
    return !run("command -v ip >/dev/null")          ? "there is no program ip (iproute2)"
           : !run("command -v nft >/dev/null")       ? "there is no program nft (nftables)"
           : !run("command -v conntrack >/dev/null") ? "there is no program conntrack"
                                                     : NULL;
}

static bool make_namespaces(lab *l) {
    for (int i = 0; i < LAB_PLACES; i++) {
        if (unshare(CLONE_NEWNET) != 0) {
            return false;
        }
        l->place[i] = open_own();
        if (l->place[i] < 0) {
            return false;
        }
    }
    return true;
}

/* A cable from `place`, which has the interface `near`, to the NAT, which has `far`. */
static bool lay_cable(const lab *l, lab_place place, const char *near, const char *far) {
    char command[200];
    (void)snprintf(command, sizeof(command), "ip link add %s type veth peer name %s netns /proc/%ld/fd/%d", near, far,
                   (long)getpid(), l->place[LAB_NAT]);
    return lab_run(l, place, command);
}

static bool set_up_client(const lab *l) {
    return lab_run(l, LAB_CLIENT,
                   "ip link set lo up && ip addr add " LAB_CLIENT_ADDRESS "/24 dev c0 && ip link set c0 up && "
                   "ip route add default via 10.0.0.1");
}

static bool set_up_server(const lab *l) {
    return lab_run(l, LAB_SERVER,
                   "ip link set lo up && ip addr add " LAB_SERVER_ADDRESS "/24 dev s0 && ip link set s0 up && "
                   "echo 0 > /proc/sys/net/ipv4/icmp_ratelimit");
}

static bool set_up_nat(const lab *l) {
    return lab_run(l, LAB_NAT,
                   "ip addr add 10.0.0.1/24 dev n0 && ip link set n0 up && "
                   "ip addr add " LAB_NAT_ADDRESS "/24 dev n1 && ip link set n1 up && "
                   "echo 1 > /proc/sys/net/ipv4/ip_forward && "
                   "nft 'add table ip lab; "
                   "add chain ip lab out { type nat hook postrouting priority 100; }'") &&
           lab_set_nat_port(l, 0);
}

static const char *wire_up(const lab *l) {
    return !lay_cable(l, LAB_CLIENT, "c0", "n0") || !lay_cable(l, LAB_SERVER, "s0", "n1") ? "veth is not permitted"
           : !set_up_client(l) || !set_up_server(l)                                       ? "addresses cannot be set"
           : !set_up_nat(l) ? "NAT by nftables is not permitted"
                            : NULL;
}

const char *lab_open(lab *l) {
    *l = (lab){{-1, -1, -1}};
    const char *why = missing_tool();
    if (why != NULL) {
        return why;
    }
    why = !make_namespaces(l) ? "network namespaces are not permitted" : wire_up(l);
    if (why != NULL) {
        lab_close(l);
    }
    return why;
}

void lab_close(lab *l) {
    for (int i = 0; i < LAB_PLACES; i++) {
        if (l->place[i] >= 0) {
            close(l->place[i]);
        }
    }
}

/* ---- changing them ---- */

bool lab_set_nat_port(const lab *l, unsigned port) {
    char to[32] = "";
    char command[200];
    if (port != 0) {
        (void)snprintf(to, sizeof(to), " to :%u", port);
    }
    (void)snprintf(command, sizeof(command),
                   "nft 'flush chain ip lab out; add rule ip lab out oifname n1 meta l4proto udp masquerade%s' && "
                   "conntrack -F 2>/dev/null",
                   to);
    return lab_run(l, LAB_NAT, command);
}

/* Of the two lines that begin with "Icmp:", one has the names and the next one the values. */
static long value_of(FILE *file, const char *wanted) {
    char names[512];
    char values[512];
    while (fgets(names, sizeof(names), file) != NULL) {
        if (strncmp(names, "Icmp:", 5) != 0 || fgets(values, sizeof(values), file) == NULL) {
            continue;
        }
        char *name_at = NULL;
        char *value_at = NULL;
        const char *name = strtok_r(names, " \n", &name_at);
        const char *value = strtok_r(values, " \n", &value_at);
        while (name != NULL && value != NULL && strcmp(name, wanted) != 0) {
            name = strtok_r(NULL, " \n", &name_at);
            value = strtok_r(NULL, " \n", &value_at);
        }
        return name != NULL && value != NULL ? strtol(value, NULL, 10) : -1;
    }
    return -1;
}

long lab_unreachables_sent(const lab *l) {
    lab_enter(l, LAB_CLIENT);
    FILE *file = fopen("/proc/self/net/snmp", "r");
    if (file == NULL) {
        return -1;
    }
    long value = value_of(file, "OutDestUnreachs");
    (void)fclose(file);
    return value;
}
