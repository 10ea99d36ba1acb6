// SPDX-License-Identifier: Apache-2.0
#include "bounce/cause_rules.h"

namespace tenax::bounce {

namespace {

using mail::Stage;
using enum Cause;

constexpr WordRule kClearWords[] = {
    // Greylisting first: its texts like to borrow codes and words of everything below.
    {greylisted, "greylist"},
    {greylisted, "graylist"},
    {greylisted, "grey list"},
    {greylisted, "gray list"},
    {greylisted, "you have been grey"},
    {greylisted, "mail will be accepted in"},
    {greylisted, "not yet authorized to deliver"},

    {loop, "mail loop"},
    {loop, "routing loop"},
    {loop, "loops back"},
    {loop, "possible loop"},
    {loop, "too many hops"},
    {loop, "hop count exceeded"},
    {loop, "too many received"},

    // Quotas of sending before quotas of storing.
    {rate_limited, "submission quota"},
    {rate_limited, "sending quota"},
    {rate_limited, "relay quota"},
    {rate_limited, "message quota"},
    {rate_limited, "quota", "per hour"},
    {rate_limited, "quota", "per day"},
    {rate_limited, "daily", "limit"},
    {rate_limited, "hourly", "limit"},

    {mailbox_full, "over quota"},
    {mailbox_full, "overquota"},
    {mailbox_full, "quota exceeded"},
    {mailbox_full, "exceeded", "storage"},
    {mailbox_full, "exceeded its quota"},
    {mailbox_full, "exceeds", "quota"},
    {mailbox_full, "disk quota"},
    {mailbox_full, "out of storage"},
    {mailbox_full, "mailbox is full"},
    {mailbox_full, "mailbox full"},
    {mailbox_full, "inbox is full"},
    {mailbox_full, "inbox full"},
    {mailbox_full, "account is full"},
    {mailbox_full, "folder is full"},
    {mailbox_full, "user is full"},
    {mailbox_full, "mailbox size limit"},
    {mailbox_full, "mailbox exceed"},
    {mailbox_full, "maildir", "full"},
    {mailbox_full, "not enough storage space in"},
    {mailbox_full, "boite", "pleine"},
    {mailbox_full, "postfach", "voll"},

    {content, "virus"},
    {content, "malware"},
    {content, "infected"},
    {content, "phishing", "detected"},

    {content, "likely unsolicited"},
    {malformed, "duplicate header"},

    {relay_denied, "relay denied"},
    {relay_denied, "relay access denied"},
    {relay_denied, "relaying denied"},
    {relay_denied, "invalid credentials"},
    {relay_denied, "authentication unsuccessful"},

    {sender_auth, "dmarc "},
    {sender_auth, "dkim "},
    {sender_auth, "spf ", "fail"},
    {sender_auth, "spf ", "reject"},
    {sender_auth, "spf ", "not allowed"},
    {sender_auth, "spf ", "record"},
    {sender_auth, "not permitted to send", "sender policy"},
    {sender_auth, "unauthenticated email"},
    {sender_auth, "sender is unauthenticated"},
    {sender_auth, "arc ", "fail"},

    {sender_host, "reverse dns"},
    {sender_host, "rdns "},
    {sender_host, "ptr record"},
    {sender_host, "ptr ", "lookup"},
    {sender_host, "no ptr "},
    {sender_host, "reverse lookup"},
    {sender_host, "reverse look"},
    {sender_host, "reverse hostname"},
    {sender_host, "cannot find your hostname"},
    {sender_host, "cannot find your reverse"},
    {sender_host, "helo command rejected"},
    {sender_host, "helo ", "invalid"},
    {sender_host, "ehlo ", "invalid"},
    {sender_host, "helo ", "mismatch"},
    {sender_host, "bad helo"},

    {tls, "starttls", "must"},
    {tls, "starttls", "require"},
    {tls, "starttls", "first"},
    {tls, "tls ", "require"},
    {tls, "tls ", "not support"},
    {tls, "tls ", "not offered"},
    {tls, "tls ", "handshake"},
    {tls, "requires encryption"},
    {tls, "encryption required"},
    {tls, "encryption needed"},
    {tls, "certificate"},
    {tls, "dnssec"},
    {tls, "mta sts"},
    {tls, "dane "},

    {no_such_domain, "null mx"},
    {no_such_domain, "does not accept mail", "domain"},
    {no_such_domain, "domain has no mail"},
    {no_such_domain, "no mail exchanger"},

    {mailbox_disabled, "recipient account", "bloque"},
    {mailbox_disabled, "recipient", "account is blocked"},
    {mailbox_disabled, "mailbox", "blocked due to inactivity"},
};

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

constexpr WordRule kHelpfulWords[] = {
    {no_such_user, "recipient address rejected access denied"},  // Exchange Online, with 5.4.1
    // An address that is wrong is said in many ways; most of them name the user first.
    {no_such_user, "user unknown"},
    {no_such_user, "unknown user"},
    {no_such_user, "unknown recipient"},
    {no_such_user, "recipient unknown"},
    {no_such_user, "unknown mailbox"},
    {no_such_user, "unknown address"},
    {no_such_user, "unknown local"},
    {no_such_user, "no such user"},
    {no_such_user, "no such recipient"},
    {no_such_user, "no such mailbox"},
    {no_such_user, "no such address"},
    {no_such_user, "no such person"},
    {no_such_user, "no mailbox"},
    {no_such_user, "not a valid mailbox"},
    {no_such_user, "not a known user"},
    {no_such_user, "not our customer"},
    {no_such_user, "user not found"},
    {no_such_user, "recipient not found"},
    {no_such_user, "recipnotfound"},
    {no_such_user, "mailbox not found"},
    {no_such_user, "address not found"},
    {no_such_user, "account not found"},
    {no_such_user, "user doesn t"},
    {no_such_user, "user does not exist"},
    {no_such_user, "account", "does not exist"},
    {no_such_user, "account that you tried to reach does not"},
    {no_such_user, "mailbox does not exist"},
    {no_such_user, "mailbox doesn t exist"},
    {no_such_user, "recipient does not exist"},
    {no_such_user, "recipient address does not exist"},
    {no_such_user, "invalid recipient", "address"},
    {no_such_user, "invalid mailbox"},
    {no_such_user, "invalid user"},
    {no_such_user, "invalid address"},
    {no_such_user, "bad recipient"},
    {no_such_user, "bad destination mailbox"},
    {no_such_user, "mailbox unavailable or"},
    {no_such_user, "doesn t have a"},
    {no_such_user, "no longer valid"},
    {no_such_user, "addressee unknown"},
    {no_such_user, "invalid recipient "},
    {no_such_user, "rcpt", "does not exist"},
    {no_such_user, "destinataire", "invalide"},
    {no_such_user, "destinataire", "inconnu"},
    {no_such_user, "empfaenger", "unbekannt"},
    {no_such_user, "undeliverable address"},

    {mailbox_disabled, "disabled"},
    {mailbox_disabled, "deactivated"},
    {mailbox_disabled, "suspended"},
    {mailbox_disabled, "account", "inactive"},
    {mailbox_disabled, "mailbox", "inactive"},
    {mailbox_disabled, "user", "inactive"},
    {mailbox_disabled, "mailbox", "frozen"},
    {mailbox_disabled, "user is locked"},
    {mailbox_disabled, "account is locked"},
    {mailbox_disabled, "account has expired"},
    {mailbox_disabled, "account", "closed"},

    {rate_limited, "receiving mail at a rate"},
    {rate_limited, "receiving mail too quickly"},
    {rate_limited, "rate limit"},
    {rate_limited, "ratelimit"},
    {rate_limited, "frequency limit"},
    {rate_limited, "throttl"},
    {rate_limited, "too many connections"},
    {rate_limited, "too many concurrent"},
    {rate_limited, "too many open"},
    {rate_limited, "too many simultaneous"},
    {rate_limited, "too many sessions"},
    {rate_limited, "connection limit"},
    {rate_limited, "too many messages"},
    {rate_limited, "too many mails"},
    {rate_limited, "too many recipients"},
    {rate_limited, "too much mail"},
    {rate_limited, "too many errors"},
    {rate_limited, "message limit"},
    {rate_limited, "messages per session"},
    {rate_limited, "number of recipients"},
    {rate_limited, "recipients reached"},
    {rate_limited, "exceeded", "limits"},
    {rate_limited, "send slower"},
    {rate_limited, "slow down"},
    {rate_limited, "sending too fast"},
    {rate_limited, "reduce sending rate"},
    {rate_limited, "too fast"},
    {rate_limited, "unusual rate", "temporarily"},
    {rate_limited, "excessive volume"},
    {rate_limited, "limit for the number"},
    {rate_limited, "limits for how many"},
    {rate_limited, "denial of service"},
    {rate_limited, "trop de connexions"},

    {blocked, "spamhaus"},
    {blocked, "spamcop"},
    {blocked, "sorbs"},
    {blocked, "dnsbl"},
    {blocked, "rbl "},
    {blocked, "real time block"},
    {blocked, "realtime block"},
    {blocked, "blacklist"},
    {blocked, "black list"},
    {blocked, "blocklist"},
    {blocked, "block list"},
    {blocked, "denylist"},
    {blocked, "blocked using"},
    {blocked, "reputation"},
    {blocked, "listed at"},
    {blocked, "listed in"},
    {blocked, "listed by"},
    {blocked, "unusual rate of unsolicited"},
    {blocked, "user complaints"},
    {blocked, "client host", "blocked"},
    {blocked, "ip ", "blocked"},
    {blocked, "ip ", "bloque"},
    {blocked, "ip address", "not allowed"},
    {blocked, "your host", "rejected"},
    {blocked, "host network not allowed"},
    {blocked, "not allowed to connect"},
    {blocked, "dynamic ip"},
    {blocked, "dialup"},
    {blocked, "too many invalid recipients"},
    {blocked, "banned"},
    {blocked, "temporarily deferred"},
    {blocked, "permanently deferred"},
    {blocked, "blocked for"},
    {blocked, "block for spam"},

    {relay_denied, "relaying"},
    {relay_denied, "as a relay"},
    {relay_denied, "open relay"},
    {relay_denied, "relay not"},
    {relay_denied, "not relay"},
    {relay_denied, "unable to relay"},
    {relay_denied, "authentication required"},
    {relay_denied, "authentication", "unsuccessful"},
    {relay_denied, "authentication failed"},
    {relay_denied, "auth", "first"},
    {relay_denied, "password"},
    {relay_denied, "unauthenticated senders"},
    {relay_denied, "must be authenticated"},
    {relay_denied, "rcpthosts"},  // qmail's list of the domains it takes
    {relay_denied, "authentification invalide"},

    {content, "spam"},
    {content, "antispam"},
    {content, "unsolicited"},
    {content, "bulk mail"},
    {content, "bulk email"},
    {content, "junk mail"},
    {content, "content", "rejected"},
    {content, "content", "denied"},
    {content, "content", "filter"},
    {content, "nature of the content"},
    {content, "suspicious"},
    {content, "attachment"},
    {content, "forbidden", "file"},
    {content, "prohibited"},
    {content, "profanity"},

    {too_large, "message too large"},
    {too_large, "message too big"},
    {too_large, "message is too"},
    {too_large, "message size"},
    {too_large, "email size"},
    {too_large, "size limit"},
    {too_large, "exceeds", "maximum"},
    {too_large, "size", "exceed"},

    {recipient_refuses, "notauthorized"},
    {recipient_refuses, "not in allowed"},
    {recipient_refuses, "members only"},
    {recipient_refuses, "only members"},
    {recipient_refuses, "subscribers only"},
    {recipient_refuses, "closed system"},
    {recipient_refuses, "closed list"},
    {recipient_refuses, "not accepting mail from"},
    {recipient_refuses, "does not accept mail from"},
    {recipient_refuses, "whitelist"},
    {recipient_refuses, "allow list"},
    {recipient_refuses, "blocked by recipient"},
    {recipient_refuses, "blocked senders"},
    {recipient_refuses, "refused by recipient"},
    {recipient_refuses, "challenge"},

    {sender_rejected, "sender address rejected"},
    {sender_rejected, "sender rejected"},
    {sender_rejected, "sender denied"},
    {sender_rejected, "sender verify"},
    {sender_rejected, "sender verification"},
    {sender_rejected, "sender domain"},
    {sender_rejected, "domain of sender"},
    {sender_rejected, "invalid sender"},
    {sender_rejected, "bad sender"},
    {sender_rejected, "bad outbound sender"},
    {sender_rejected, "sending address"},
    {sender_rejected, "sender address"},
    {sender_rejected, "from address"},
    {sender_rejected, "envelope sender"},
    {sender_rejected, "sendasdenied"},
    {sender_rejected, "callout"},

    {no_such_domain, "domain not found"},
    {no_such_domain, "domain name not found"},
    {no_such_domain, "domain does not exist"},
    {no_such_domain, "domain unknown"},
    {no_such_domain, "unknown domain"},
    {no_such_domain, "no such domain"},
    {no_such_domain, "host or domain name not found", "not found"},
    {no_such_domain, "unrouteable"},
    {no_such_domain, "unroutable"},
    {no_such_domain, "host unknown"},
    {no_such_domain, "not hosted here"},

    {unreachable, "connection timed out"},
    {unreachable, "connection refused"},
    {unreachable, "timeout"},
    {unreachable, "timed out"},
    {unreachable, "lost connection"},
    {unreachable, "dropped connection"},
    {unreachable, "network is unreachable"},
    {unreachable, "no route to host"},
    {unreachable, "failed to connect"},
    {unreachable, "cannot connect"},
    {unreachable, "unable to connect"},
    {unreachable, "wasn t able to establish"},
    {unreachable, "lookup error"},
    {unreachable, "read data"},

    {expired, "message expired"},
    {expired, "queue", "too long"},
    {expired, "retry time not reached"},

    {malformed, "syntax error"},
    {malformed, "bare lf"},
    {malformed, "bare cr"},
    {malformed, "multiple", "from header"},
    {malformed, "bare linefeed"},
    {malformed, "line too long"},
    {malformed, "lines too long"},
    {malformed, "headers"},
    {malformed, "header", "missing"},
    {malformed, "rfc 5322"},
    {malformed, "rfc5322"},
    {malformed, "rfc 2822"},
    {malformed, "rfc 822"},
    {malformed, "8bit"},
    {malformed, "pipelining"},
    {malformed, "out of sequence"},
    {malformed, "bad sequence"},
    {malformed, "not implemented"},
    {malformed, "unrecognized command"},

    {server_trouble, "local error"},
    {server_trouble, "internal error"},
    {server_trouble, "internal", "error"},
    {server_trouble, "system error"},
    {server_trouble, "server error"},
    {server_trouble, "configuration"},
    {server_trouble, "insufficient", "storage"},
    {server_trouble, "insufficient", "resources"},
    {server_trouble, "resources"},
    {server_trouble, "disk full"},
    {server_trouble, "busy"},
    {server_trouble, "load"},
    {server_trouble, "service not available"},
    {server_trouble, "service unavailable"},
    {server_trouble, "temporarily unavailable"},
    {server_trouble, "temporary failure"},
    {server_trouble, "shutting down"},
    {server_trouble, "maintenance"},

    // What is left of "blocked" names neither a list nor a reason.
    {blocked, "blocked"},
    {blocked, "bloque"},

    {policy, "polic"},
    {policy, "filtered"},
    {policy, "access denied"},
    {policy, "administrative prohibition"},
    {policy, "administratively"},
    {policy, "not authorized"},
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

std::span<const WordRule> clear_words() { return kClearWords; }
std::span<const StatusRule> clear_statuses() { return kClearStatuses; }
std::span<const WordRule> helpful_words() { return kHelpfulWords; }
std::span<const CodeRule> codes() { return kCodes; }
std::span<const StatusRule> vague_statuses() { return kVagueStatuses; }
std::span<const CodeRule> last_codes() { return kLastCodes; }

}  // namespace tenax::bounce
