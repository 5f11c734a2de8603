// SPDX-License-Identifier: MIT
// Copyright The Stave authors
//
// The library's event machinery, endpoints, requests, the monitor's events, start and foreign system
// calls, on a fake CPU driver. Switches of threads are not here: they need upcalls, which the system tests have.
#include "suites.h"

int main(void)
{
    CU_SuiteInfo suites[] = {
        {"waitset", NULL, NULL, NULL, NULL, waitset_tests},
        {"poll policy", NULL, NULL, NULL, NULL, poll_policy_tests},
        {"timer", NULL, NULL, NULL, NULL, timer_tests},
        {"endpoint", NULL, NULL, NULL, NULL, endpoint_tests},
        {"rpc", NULL, NULL, NULL, NULL, rpc_tests},
        {"calls until a time", NULL, NULL, NULL, NULL, lrpc_tests},
        {"errors printed", NULL, NULL, NULL, NULL, print_limit_tests},
        {"events of the monitor", NULL, NULL, NULL, NULL, monitor_events_tests},
        {"startup", NULL, NULL, NULL, NULL, startup_tests},
        {"foreign system calls", NULL, NULL, NULL, NULL, foreign_tests},
        {"threads that have not ended", NULL, NULL, NULL, NULL, thread_list_tests},
        CU_SUITE_INFO_NULL,
    };
    return test_main(suites);
}
