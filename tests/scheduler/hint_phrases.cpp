// SPDX-License-Identifier: Apache-2.0
// The same asked in many ways.
#include "tests/scheduler/hint_replies.h"

namespace tenax::scheduler {

std::vector<Family> phrases() {
  return {
      {"Lengths",
       {
           {"451 4.7.1 Temporary rejected. Reconnect to fast. Please try again later", ""},
           {"451 4.7.1 Greylisted: temporarily rejected (try again in 3 mins 20 secs)",
            "wait pair 3m20s"},
           {"451 4.7.1 Temporary reject: retry in 0:04:30", "wait recipient 4m30s"},
           {"451 4.7.1 Deferred for another 90 seconds", "wait recipient 1m30s"},
           {"451 You have been blocked for 1 hour", "wait recipient 1h"},
           {"451 Your IP is temporarily blocked, it will be unblocked in 20 minutes",
            "wait address 20m"},
           {"451 4.7.1 Retry-After: 120", "wait recipient 2m"},
           {"451 4.7.1 retry_after=600", "wait recipient 10m"},
           {"451 4.7.1 greylisted; retry=00:05:00", "wait pair 5m"},
           {"451 4.7.1 wait=45s", "wait recipient 45s"},
           {"451 come back in half an hour", "wait recipient 30m"},
           {"451 come back in an hour and a half", "wait recipient 1h30m"},
           {"451 come back in one and a half hours", "wait recipient 1h30m"},
           {"451 please retry in 5-10 minutes", "wait recipient 10m"},
           {"451 please retry in a couple of hours", "wait recipient 3h?"},
           {"451 try again in 2 days", "wait recipient 2d"},
           {"451 try again in PT1H30M", "wait recipient 1h30m"},
           {"451 try again in 1d2h", "wait recipient 1d02h"},
           {"451 try again 15 minutes later", "wait recipient 15m"},
           {"451 try again 15 minutes from now", "wait recipient 15m"},
           {"451 retry every 10 minutes", "wait recipient 10m"},
           {"451 please wait 10 minutes and 30 seconds", "wait recipient 10m30s"},
           {"451 Please wait five minutes before trying again", "wait recipient 5m"},
           {"451 Please wait 1,200 seconds before trying again", "wait recipient 20m"},
           {"451 24-hour block in force, retry in 24 hours", "wait recipient 1d"},
       }},
      {"Moments",
       {
           {"450 4.7.1 Not now. Wait at least 300 s before retrying.", "wait recipient 5m"},
           {"451 service unavailable until 13:15 GMT, try again after that",
            "wait recipient 1h15m"},
           {"421 maintenance, please come back after 2026-11-24 16:00:00 +0100", "wait host 3h"},
           {"421 Down for maintenance. Try again after Tue, 24 Nov 2026 18:00:00 +0000",
            "wait host 6h"},
           {"421 maintenance window, retry after 11:00 UTC", "wait host 23h"},
           {"451 try again at 2:30 pm", "wait recipient 2h30m"},
           {"451 try again at 9 AM CET", "wait recipient 20h"},
           {"451 Not before 2026-11-25, try again then", "wait recipient 12h?"},
           {"451 please try again tomorrow", "wait recipient 12h?"},
           {"451 please try again tomorrow at 08:00 UTC", "wait recipient 20h"},
       }},
      {"Caps",
       {
           {"452 10 per connection", "per connection 10"},
           {"452 Max 10 messages per connection, please reconnect", "per connection 10"},
           {"421 too many messages in this session (max 50)", "per connection 50"},
           {"452 4.5.3 Only 20 recipients per message allowed", "per transaction 20"},
           {"452 too many recipients, maximum 100 per message", "per transaction 100"},
           {"452 limit of 100 recipients exceeded", "per transaction 100"},
           {"421 maximum number of connections (10) reached", "concurrency host 10"},
           {"421 only 5 simultaneous connections allowed per IP", "concurrency address 5"},
           {"421 You have 12 open connections, maximum is 10", "concurrency address 10"},
       }},
      {"Rates",
       {
           {"450 4.7.1 Your address was throttled; 45 seconds remaining",
            "wait address 45s, rate address"},
           {"450 too many messages for this user (2/h)", "rate recipient 2/1h"},
           {"450 max 100 messages per hour", "rate address 100/1h"},
           {"450 limit: 100/hour", "rate address 100/1h"},
           {"450 hourly limit of 500 messages reached", "rate address 500/1h"},
           {"450 daily sending limit exceeded", "rate address /1d"},
           {"450 more than 20 messages within 60 seconds from your IP", "rate address 20/1m"},
           {"450 4.7.1 You sent too many mails from different domains in the last 10 minutes",
            "rate address /10m"},
           {"450 100 mails an hour are enough, try again in 20 minutes",
            "wait address 20m, rate address 100/1h"},
       }},
  };
}

}  // namespace tenax::scheduler
