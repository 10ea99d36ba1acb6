// SPDX-License-Identifier: Apache-2.0
// What the large receivers say.
#include "tests/scheduler/hint_replies.h"

namespace tenax::scheduler {

std::vector<Family> providers() {
  return {
      {"Gmail",
       {
           {"421-4.7.28 Gmail has detected an unusual rate of unsolicited mail "
            "originating\n421-4.7.28 from your IP address [192.0.2.1      15]. To protect our "
            "users from\n421-4.7.28 spam, mail sent from your IP address has been temporarily rate "
            "limited.\n421 4.7.28 https://support.google.com/mail/?p=UnsolicitedRateLimitError "
            "a640c23a62f3a-ab67626f2si123456766b.45 - gsmtp",
            "rate address"},
           {"421-4.7.28 Gmail has detected an unusual rate of unsolicited mail "
            "originating\n421-4.7.28 from your DKIM domain [example.org 35]. To protect our\n421 "
            "4.7.28 users from spam, mail has been temporarily rate limited. - gsmtp",
            "rate destination"},
           {"421-4.7.28 Gmail has detected this message exceeded its quota for sending\n421-4.7.28 "
            "messages with the same Message-ID. To best protect our users, the\n421 4.7.28 message "
            "has been temporarily rejected. 6-20020a05600c src - gsmtp",
            "rate address"},
           {"421-4.7.0 [192.0.2.1      15] Our system has detected an unusual rate of\n421-4.7.0 "
            "unsolicited mail originating from your IP address. To protect our\n421-4.7.0 users "
            "from spam, mail sent from your IP address has been temporarily\n421-4.7.0 rate "
            "limited. Please visit\n421 4.7.0 https://support.google.com/mail/answer/81126 q12si3 "
            "- gsmtp",
            "rate address"},
           {"421-4.7.26 Your email has been rate limited because it is unauthenticated. "
            "Gmail\n421-4.7.26 requires all senders to authenticate with either SPF or DKIM.\n421 "
            "4.7.26 - gsmtp",
            "rate address"},
           {"450-4.2.1 The user you are trying to contact is receiving mail at a rate "
            "that\n450-4.2.1 prevents additional messages from being delivered. Please resend "
            "your\n450-4.2.1 message at a later time. If the user is able to receive mail at "
            "that\n450-4.2.1 time, your message will be delivered. For more information, "
            "please\n450 4.2.1 visit https://support.google.com/mail/?p=ReceivingRate h20si7 - "
            "gsmtp",
            "rate recipient"},
           {"450-4.2.1 The user you are trying to contact is receiving mail too "
            "quickly.\n450-4.2.1 Please resend your message at a later time. If the user is able "
            "to\n450 4.2.1 receive mail at that time, your message will be delivered. - gsmtp",
            "rate recipient"},
           {"450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error.",
            ""},
           {"452-4.5.3 Domain policy size per transaction exceeded, please try this recipient\n452 "
            "4.5.3 in a separate transaction. - gsmtp",
            "per transaction"},
           {"452-4.5.3 Your message has too many recipients. For more information regarding\n452 "
            "4.5.3 Google's sending limits, visit https://support.google.com/a/answer/166852",
            "per transaction"},
           {"550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n550 5.4.5 "
            "sending limits go to https://support.google.com/a/answer/166852",
            "rate address /1d?"},
           {"421-4.3.0 Temporary System Problem. Try again later (10). For more\n421 4.3.0 "
            "information, go to https://support.google.com/a/answer/3221692 - gsmtp",
            ""},
           {"421 4.7.0 Try again later, closing connection. (EHLO) a1si2 - gsmtp", ""},
           {"421 4.4.5 Server busy, try again later.", ""},
           {"421-4.7.0 This message is suspicious due to the nature of the content or the\n421 "
            "4.7.0 links within. To best protect our users from spam, the message has been "
            "blocked. - gsmtp",
            ""},
           {"451-4.3.0 Multiple destination domains per transaction is unsupported. Please\n451 "
            "4.3.0 try again. - gsmtp",
            ""},
       }},
      {"Outlook",
       {
           {"451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (S77719) "
            "[BN8NAM12FT038.eop-nam12.prod.protection.outlook.com]",
            "rate address"},
           {"451 4.7.500 Server busy. Please try again later from [192.0.2.1]. (AS77713) "
            "[DB5EUR01FT010.eop-EUR01.prod.protection.outlook.com]",
            "rate address"},
           {"451 4.7.650 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
            "reputation. For e-mail delivery information, see https://postmaster.live.com (S775) "
            "[BN8NAM11FT044.eop-nam11.prod.protection.outlook.com 2024-07-01T12:34:16Z 08DC98B3]",
            "rate address"},
           {"451 4.7.651 The mail server [192.0.2.1] has been temporarily rate limited due to IP "
            "reputation. For e-mail delivery information, see https://aka.ms/postmaster (S3114)",
            "rate address"},
           {"451 4.7.652 The mail server [192.0.2.1] has exceeded the maximum number of "
            "connections. (S3115) [BN3PEPF0000B06D.namprd21.prod.outlook.com]",
            "concurrency address"},
           {"451 4.7.653 The mail server [192.0.2.1] has exceeded maximum number of messages per "
            "connection. (S3116)",
            "per connection"},
           {"421 RP-001 Unfortunately, some messages from 192.0.2.1 weren't sent. The mail server "
            "IP connecting to Outlook.com server has exceeded the rate limit allowed.",
            "rate address"},
           {"421 RP-002 The mail server IP connecting to Outlook.com server has exceeded the rate "
            "limit allowed on this connection.",
            "rate address"},
           {"421 RP-003 The mail server IP connecting to Outlook.com server has exceeded the "
            "connection limit allowed.",
            "concurrency address"},
           {"421 Connection refused from 192.0.2.1 due to exceed max concurrent connections. IB007",
            "concurrency address"},
           {"451 4.7.500 Access denied, please try again later (S3140)", "rate address"},
           {"451 4.4.62 Mail sent to the wrong Office 365 region. ATTR35.", ""},
           {"451 4.4.4 Mail received as unauthenticated, incoming to a recipient domain configured "
            "in a hosted tenant which has no mail-enabled subscriptions. ATTR5",
            ""},
           {"451 4.7.0 Temporary server error. Please try again later. PRX4 NextHop:192.0.2.1", ""},
           {"550 5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent. Please contact your "
            "Internet service provider since part of their network is on our block list (S3140).",
            ""},
           {"452 4.5.3 Recipients belong to multiple regions ATTR38", "per transaction"},
       }},
      {"Yahoo",
       {
           {"421 4.7.0 [TSS04] Messages from 192.0.2.1 temporarily deferred due to unexpected "
            "volume or user complaints - 4.16.55.1; see "
            "https://postmaster.yahooinc.com/error-codes",
            "rate address"},
           {"421 4.7.0 [TSS05] Messages from 192.0.2.1 temporarily deferred due to unexpected "
            "volume or user complaints - 4.16.56.1; see https://senders.yahooinc.com/error-codes",
            "rate address"},
           {"421 4.7.0 [TS01] Messages from 192.0.2.1 temporarily deferred due to user complaints "
            "- 4.16.55.1; see http://postmaster.yahoo.com/421-ts01.html",
            "rate address"},
           {"421 4.7.0 [TS02] Messages from 192.0.2.1 temporarily deferred due to user complaints "
            "- 4.16.56.1",
            "rate address"},
           {"421 4.7.1 [TS03] All messages from 192.0.2.1 will be permanently deferred; Retrying "
            "will NOT succeed. See http://postmaster.yahoo.com/421-ts03.html",
            "rate address"},
           {"421 [IPTS04] Messages from 192.0.2.1 temporarily deferred due to unexpected volume or "
            "user complaints",
            "rate address"},
           {"421 4.7.0 [GL01] Message from (192.0.2.1) temporarily deferred - 4.16.50. Please "
            "refer to http://postmaster.yahoo.com/errors/postmaster-21.html",
            "wait pair, rate address?"},
           {"421 Message temporarily deferred - [160]", "rate address?"},
           {"421 Max message per connection reached, closing transmission channel",
            "per connection"},
           {"421 Message from (192.0.2.1) temporarily deferred - 4.16.50. Please refer to "
            "http://help.yahoo.com/help/us/mail/defer/defer-06.html",
            "rate address?"},
           {"451 4.3.2 Internal error reading data", ""},
       }},
      {"Aol",
       {
           {"421 4.7.1 : (DYN:T1) http://postmaster.info.aol.com/errors/421dynt1.html",
            "rate address"},
           {"421 4.7.1 : (RLY:NW) http://postmaster.info.aol.com/errors/421rlynw.html", ""},
           {"421 SERVICE NOT AVAILABLE", ""},
       }},
      {"Apple",
       {
           {"421 4.7.0 [HCM1] Your mail from 192.0.2.1 was deferred. Please try again later.",
            "rate address?"},
           {"451 [BS02] Temporary server error. Please try again later.", ""},
           {"450 4.7.1 <bob@icloud.com>: Recipient address rejected: user has exceeded their "
            "message rate limit",
            "rate recipient"},
           {"421 4.7.1 Too many connections from 192.0.2.1", "concurrency address"},
           {"552 5.2.2 user is over quota", ""},
       }},
      {"Comcast",
       {
           {"421 4.1.0 192.0.2.1 Throttled - try again later. Please see "
            "https://postmaster.comcast.net/smtp-error-codes.php#RL000003",
            "rate address"},
           {"421 imta23.example.comcast.net comcast Too many sessions opened", "concurrency host"},
           {"421 4.2.0 resimta-ch2-01v.sys.comcast.net Too many sessions open from 192.0.2.1",
            "concurrency address"},
           {"421 4.1.0 192.0.2.1 deferred, RL000001", "rate address"},
           {"452 4.1.0 Too many emails sent this session", "per connection"},
           {"421 Reverse DNS failure : Try again later", ""},
       }},
      {"Orange",
       {
           {"421 mwinf5c04 ME Trop de connexions, veuillez verifier votre configuration. Too many "
            "connections, slow down. OFR004_104 [104]",
            "concurrency address"},
           {"421 mwinf5c04 ME Service refuse. Veuillez essayer plus tard. Service refused, please "
            "try later. OFR004_105 [105]",
            "rate address?"},
           {"421 mwinf5c21 ME Service refuse. Veuillez essayer plus tard. OFR_999 [999]",
            "rate address?"},
           {"550 5.2.0 Mail rejete. Mail rejected. OFR_506 [506]", ""},
           {"550 5.1.1 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 "
            "[416]",
            ""},
       }},
      {"FreeAndSfr",
       {
           {"421 Too many spams from your IP (192.0.2.1), please visit http://postmaster.free.fr/",
            ""},
           {"451 too many connections from your IP address, slow down", "concurrency address"},
           {"421 4.7.0 smtp.example-sfr.fr Too many connections, slow down. LPN007_510",
            "concurrency host"},
           {"421 4.7.0 LPN105_104 Trop de connexions simultanees. Too many simultaneous "
            "connections",
            "concurrency host"},
       }},
      {"Gmx",
       {
           {"421 gmx.net (mxgmx104) Nemesis ESMTP Service not available\n421 Too many connections",
            "concurrency host"},
           {"421 Rate limit reached. Please try again later", "rate address"},
           {"450-Requested mail action not taken: mailbox unavailable\n450-Reject due to policy "
            "restrictions.\n450 For explanation visit "
            "https://postmaster.gmx.net/en/case?c=hi&i=ip&v=192.0.2.1&r=1MNcgj-1ue23t3pyV",
            ""},
           {"421 web.de (mxweb010) Nemesis ESMTP Service not available\n421 Service closing "
            "transmission channel\n421 The maximum number of messages in this session has been "
            "reached",
            "per connection"},
           {"450 Requested mail action not taken: mailbox unavailable. Email greylisted. Please "
            "try again later",
            "wait pair"},
       }},
      {"TOnline",
       {
           {"421 4.7.1 too many connections from 192.0.2.1", "concurrency address"},
           {"450 4.7.1 Rate limited: too many mails from 192.0.2.1, please try again later",
            "rate address"},
           {"421 IP=192.0.2.1 - Dialup/transient IP not allowed. Use a mailgateway or contact "
            "tobr@rx.t-online.de",
            ""},
           {"451 4.7.1 Greylisting, please try again in 5 minutes. (GRYLST)", "wait pair 5m"},
       }},
      {"Mimecast",
       {
           {"451 Internal resource is temporarily unavailable - "
            "https://community.mimecast.com/docs/DOC-1369#451 [Aj3QXapeMpqZYaeFwWhjzw.us32]",
            "wait pair"},
           {"451 Internal resources are temporarily unavailable - http://www.mimecast.com/",
            "wait pair"},
           {"421 Unable to process connection at this time", ""},
           {"451 IP temporarily blacklisted - https://community.mimecast.com/docs/DOC-1369#451",
            ""},
           {"451 Recipient temporarily unavailable", ""},
       }},
      {"Proofpoint",
       {
           {"452 4.1.1 Too many recipients received this hour. See "
            "http://spamauditor.org/best-practices/#throttling",
            "rate address /1h"},
           {"452 4.3.1 Connection rate limit exceeded", "rate address"},
           {"421 4.7.0 Too many connections from 192.0.2.1", "concurrency address"},
           {"450 4.7.1 Sender address rejected: The user you are trying to contact is receiving "
            "mail too quickly",
            "rate recipient"},
           {"451 4.5.3 Too many recipients", "per transaction"},
           {"421 4.7.1 <ann@example.org>: burst rate limit exceeded, you may need to request "
            "activating a bulk sender profile",
            "rate pair"},
       }},
      {"Yandex",
       {
           {"451 4.5.1 The recipient <bob@example.ru> has exceeded their message rate limit. Try "
            "again later. 1550000000-abcDEF",
            "rate recipient"},
           {"450 4.2.1 The recipient has exceeded message rate limit. Try again later.",
            "rate recipient"},
           {"451 4.7.1 Sorry, the service is currently unavailable. Please come back later. "
            "1550000000-abcDEF",
            ""},
           {"451 4.7.1 Greylisted, please come back in 300 seconds", "wait pair 5m"},
           {"421 4.7.0 Too many connections from your IP address", "concurrency address"},
           {"451 4.7.1 Ratelimit exceeded for mailbox", "rate recipient"},
       }},
      {"MailRu",
       {
           {"451 Ratelimit exceeded for mailbox bob@example.ru. Try again later", "rate recipient"},
           {"451 Too many messages from your IP, try again later", "rate address"},
           {"450 Too many emails from your domain", "rate destination"},
           {"451 4.7.1 Try again in 10 minutes", "wait recipient 10m"},
           {"421 too many connections", "concurrency host"},
           {"550 Too many messages. Try again in 92 seconds.", "rate address"},
       }},
      {"NetEase",
       {
           {"421 HL:ICC 163 mx1,QMCowAAXH_aaaa", "concurrency address"},
           {"421 HL:IFC 163 mx5,PcCowABHwKaaaa", "rate address"},
           {"450 MI:DMC 126 smtp5", "per connection"},
           {"450 RP:DRC 163 smtp4", "per connection"},
           {"450 RP:TRC 163 smtp4", "rate address"},
           {"451 MI:SFQ 163 smtp7", "rate pair"},
           {"451 DT:SPM mx30,please try again", ""},
           {"550 RP:ORQ 163 mx2", "rate pair"},
       }},
      {"Tencent",
       {
           {"550 Connection frequency limited. "
            "http://service.mail.qq.com/cgi-bin/help?subtype=1&&id=20022&&no=1000722",
            "rate address"},
           {"550 Ip frequency limited. http://service.mail.qq.com/cgi-bin/help?subtype=1",
            "rate address"},
           {"451 Domain frequency limited", "rate destination"},
           {"450 Sender frequency limited", "rate pair"},
       }},
      {"Cox",
       {
           {"421 dukecmimpi01.coxmail.com cox Too many concurrent connections from source IP. "
            "CXCNCT",
            "concurrency address"},
           {"421 cox.net cox CXTHRT Email sending limited due to suspicious account activity",
            "rate pair"},
       }},
      {"AttAndBellSouth",
       {
           {"421 4.7.0 Too many connections from 192.0.2.1. Contact abuse_rbl@abuse-att.net",
            "concurrency address"},
           {"451 4.7.1 Throttled: too much mail from your network", "rate address"},
       }},
      {"Charter",
       {
           {"421 impout003 charter Too many connections from 192.0.2.1. E1110",
            "concurrency address"},
           {"452 Too many messages for this session", "per connection"},
       }},
      {"Libero",
       {
           {"421 smtp-16.iol.local smtp-16.iol.local Too many sessions open", "concurrency host"},
           {"452 4.5.3 smtp-18.iol.local Too many recipients", "per transaction"},
       }},
      {"OvhAndIonos",
       {
           {"450 4.7.1 <bob@example.net>: Recipient address rejected: Greylisted, try again in 60s",
            "wait pair 1m"},
           {"421 4.7.0 Ihr Server sendet zu schnell. Your server is sending too fast",
            "rate address"},
           {"451 4.7.1 Message rate limit exceeded for 192.0.2.1: 200 messages/hour",
            "rate address 200/1h"},
       }},
      {"SpamExperts",
       {
           {"451 Your message has been greylisted. Please try again in a few minutes.",
            "wait pair 5m?"},
           {"451 4.7.1 Temporarily rejected: Greylisted for 10 minutes", "wait pair 10m"},
       }},
      {"Sendgrid",
       {
           {"451 Maximum credits exceeded", ""},
           {"421 4.7.0 Too many connections; limit 500", "concurrency host 500"},
       }},
      {"Mailgun",
       {
           {"421 4.4.5 Domain example.org is not allowed to send: 100 messages per hour limit "
            "exceeded. Try again in 34 minutes",
            "wait destination 34m, rate destination 100/1h"},
       }},
      {"SesAndPostmark",
       {
           {"454 Throttling failure: Maximum sending rate exceeded.", "rate address"},
           {"454 Throttling failure: Daily message quota exceeded.", "rate address"},
       }},
      {"NicRu",
       {
           {"450 Reached limit for sending messages (50 letters per 15 minutes)",
            "rate address 50/15m"},
       }},
      {"SocketLabs",
       {
           {"421 4.5.1 Too many errors, you have been temporarily blacklisted", ""},
       }},
  };
}

}  // namespace tenax::scheduler
