// SPDX-License-Identifier: Apache-2.0
// What servers mean by their codes (RFC 3463, RFC 5248, RFC 5321 4.2).
#include "bounce/cause_rules.h"

namespace tenax::bounce {

namespace {

using mail::Stage;
using enum Cause;

constexpr StatusRule kClearStatuses[] = {
    {no_such_user, 1, 1},         // bad destination mailbox address
    {no_such_domain, 1, 2},       // bad destination system address
    {no_such_user, 1, 3},         // bad destination mailbox address syntax
    {no_such_user, 1, 4},         // destination mailbox address ambiguous
    {no_such_user, 1, 6},         // destination mailbox has moved
    {sender_rejected, 1, 7},      // bad sender's mailbox address syntax
    {sender_rejected, 1, 8},      // bad sender's system address
    {no_such_domain, 1, 10},      // recipient address has null MX (RFC 7505)
    {mailbox_full, 2, 2},         // mailbox full
    {too_large, 2, 3},            // message length exceeds administrative limit
    {server_trouble, 2, 4},       // mailing list expansion problem
    {too_large, 3, 4},            // message too big for system
    {loop, 4, 6},                 // routing loop detected
    {loop, 4, 14},                // the same, as Exchange writes it
    {expired, 4, 7},              // delivery time expired
    {unreachable, 4, 2},          // bad connection
    {unreachable, 4, 3},          // directory server failure
    {rate_limited, 5, 3},         // too many recipients
    {malformed, 6, 7},            // non-ASCII addresses not permitted
    {malformed, 6, 9},            // UTF-8 header message cannot be transferred
    {tls, 7, 4},                  // security features not supported
    {tls, 7, 5},                  // cryptographic failure
    {tls, 7, 6},                  // cryptographic algorithm not supported
    {sender_auth, 7, 7},          // message integrity failure
    {relay_denied, 7, 8},         // authentication credentials invalid
    {tls, 7, 10},                 // encryption needed
    {tls, 7, 11},                 // encryption required for the mechanism
    {relay_denied, 7, 12},        // password transition needed
    {mailbox_disabled, 7, 13},    // user account disabled
    {no_such_user, 7, 17},        // mailbox owner has changed
    {no_such_domain, 7, 18},      // domain owner has changed
    {sender_auth, 7, 20},         // no passing DKIM signature
    {sender_auth, 7, 21},         // no acceptable DKIM signature
    {sender_auth, 7, 22},         // no valid author-matched DKIM signature
    {sender_auth, 7, 23},         // SPF validation failed
    {sender_auth, 7, 24},         // SPF validation error
    {sender_host, 7, 25},         // reverse DNS validation failed
    {sender_auth, 7, 26},         // multiple authentication checks failed
    {sender_rejected, 7, 27},     // sender address has null MX
    {rate_limited, 7, 28},        // mail flood detected
    {sender_auth, 7, 29},         // ARC validation failure
    {sender_auth, 7, 32},         // From not aligned, as Gmail writes it
    {sender_auth, 7, 509},        // DMARC, as Exchange Online writes it
    {sender_auth, 7, 515},        // authentication level, the same
    {blocked, 7, 511},            // banned sender, the same
    {blocked, 7, 606},            // banned sending IP, the same
    {recipient_refuses, 7, 124},  // sender not in allowed senders, the same
};

constexpr CodeRule kCodes[] = {
    {too_large, 523},
    {no_such_domain, 521},  // RFC 7504: takes no mail at all
    {no_such_domain, 556},
    {relay_denied, 530},
    {relay_denied, 534},
    {relay_denied, 535},
    {tls, 538},
    {no_such_user, 551},
    {too_large, 552, Stage::mail},
    {mailbox_full, 552},
    {policy, 541},
    {rate_limited, 455},

    {malformed, 500},
    {malformed, 501},
    {malformed, 502},
    {malformed, 503},
    {malformed, 504},
    {malformed, 555},

    {blocked, 550, Stage::greeting},
    {blocked, 554, Stage::greeting},
    {blocked, 550, Stage::ehlo},
    {blocked, 554, Stage::ehlo},
    {server_trouble, 421},
    {relay_denied, 454, Stage::auth},
    {tls, 454, Stage::starttls},
    {sender_rejected, 550, Stage::mail},
    {sender_rejected, 553, Stage::mail},
};

constexpr CodeRule kLastCodes[] = {
    // At RCPT a bare "550 mailbox unavailable" nearly always means that there is none.
    {no_such_user, 550, Stage::rcpt},
    {no_such_user, 553, Stage::rcpt},
    {greylisted, 450, Stage::rcpt},
    {greylisted, 451, Stage::rcpt},
};

constexpr StatusRule kVagueStatuses[] = {
    {unreachable, 4, 1},                          // no answer from host
    {no_such_domain, 4, 4},                       // unable to route
    {mailbox_disabled, 2, 1},                     // mailbox disabled; Gmail: too much mail for it
    {no_such_user, 1, -1},    {malformed, 3, 3},  // system not capable of selected features
    {server_trouble, 3, -1},  {server_trouble, 4, 5},  // mail system congestion
    {unreachable, 4, -1},     {malformed, 5, 1},
    {malformed, 5, 2},        {malformed, 5, 4},
    {malformed, 5, 5},        {malformed, 5, 6},
    {malformed, 6, -1},       {recipient_refuses, 7, 2},  // mailing list expansion prohibited
    {relay_denied, 7, 9},     {relay_denied, 7, 14},
    {too_large, 7, 16},       {tls, 7, 30},  // REQUIRETLS support required
    {greylisted, 7, 1, 4},                   // "not now", and not a word more
    {policy, 7, -1},
};

}  // namespace

std::span<const StatusRule> clear_statuses() { return kClearStatuses; }
std::span<const CodeRule> codes() { return kCodes; }
std::span<const StatusRule> vague_statuses() { return kVagueStatuses; }
std::span<const CodeRule> last_codes() { return kLastCodes; }

}  // namespace tenax::bounce
