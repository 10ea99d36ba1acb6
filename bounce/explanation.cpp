// SPDX-License-Identifier: Apache-2.0
// What each cause means to a person who is no postmaster, and what they can do.

#include <cstdlib>

#include "bounce/cause.h"

namespace tenax::bounce {

namespace {

/// The same cause, while we still try and when it is over.
struct Words {
  Explanation temporary;
  Explanation permanent;
};

constexpr std::string_view kNothing = "You need not do anything: the message is tried again.";

Words words_for(Cause cause) {
  switch (cause) {
    case Cause::no_such_user:
      return {{"The server does not know this address, at least for now.",
               "Check the spelling of the address."},
              {"There is no such address at that domain.",
               "Check the spelling of the address, or ask the person for the right one. Sending "
               "again to the same address will not help."}};
    case Cause::no_such_domain:
      return {{"The mail server of that domain could not be found for now.",
               "Check the spelling of the part after the @."},
              {"The domain does not exist, or takes no mail.",
               "Check the spelling of the part after the @."}};
    case Cause::mailbox_full:
      return {{"The recipient's mailbox is full.",
               "Nothing; or ask the recipient, by other means, to make room."},
              {"The recipient's mailbox is full.",
               "Send the message again in some days, or reach the recipient by other means."}};
    case Cause::mailbox_disabled:
      return {{"The recipient's mailbox is out of use for now.", kNothing},
              {"The recipient's mailbox exists no more or is out of use.",
               "Ask the recipient for another address."}};
    case Cause::recipient_refuses:
      return {{"The recipient, or the list behind the address, does not take your mail for now.",
               kNothing},
              {"The recipient, or the list behind the address, takes no mail from you.",
               "Ask the recipient or the owner of the list, by other means, to let your mail in."}};
    case Cause::greylisted:
      return {{"The server asks every sender it does not know yet to come back later, to keep out "
               "those who never do.",
               kNothing},
              {"The server asked us to come back later each time, until the time was over.",
               "Send the message again, or ask the recipient's postmaster why the server never "
               "took it."}};
    case Cause::rate_limited:
      return {{"The server takes only so much mail in a time, and its limit is reached.", kNothing},
              {"The server takes only so much mail in a time, and its limit is reached.",
               "Send the message again later; if you send much mail, send it more slowly."}};
    case Cause::blocked:
      return {{"The server does not let in mail from our address on the Internet for now, mostly "
               "because of a block list or a poor reputation.",
               "Nothing about the message itself; your own postmaster should hear of it."},
              {"The server does not let in mail from our address on the Internet, mostly because "
               "of a block list or a poor reputation.",
               "Forward this message to your own postmaster, who can ask for removal from the "
               "list."}};
    case Cause::sender_auth:
      return {{"The server could not make sure for now that the message really comes from your "
               "domain (SPF, DKIM or DMARC).",
               "Your own postmaster should check these settings of your domain."},
              {"The server could not make sure that the message really comes from your domain "
               "(SPF, DKIM or DMARC).",
               "Forward this message to your own postmaster: the settings of your domain have to "
               "be corrected."}};
    case Cause::sender_host:
      return {{"The server does not accept the name of our mail server for now.",
               "Your own postmaster should check the name and its reverse entry in the DNS."},
              {"The server does not accept the name of our mail server.",
               "Forward this message to your own postmaster: the name and its reverse entry in "
               "the DNS have to be corrected."}};
    case Cause::sender_rejected:
      return {{"The server does not accept your sender address for now.",
               "Check that your sender address is right and can be answered."},
              {"The server does not accept your sender address.",
               "Check that your sender address is right and can be answered, then send again."}};
    case Cause::content:
      return {{"The server takes the message for spam, or holds something in it to be dangerous.",
               kNothing},
              {"The server takes the message for spam, or holds something in it to be dangerous.",
               "Change the text, leave out links and attachments, or ask the recipient on another "
               "way to let your mail in."}};
    case Cause::policy:
      return {
          {"A rule of the server forbids the message for now; it does not say which.", kNothing},
          {"A rule of the server forbids the message; it does not say which.",
           "Ask the recipient or their postmaster by other means."}};
    case Cause::too_large:
      return {{"The message is larger than the server takes for now.", kNothing},
              {"The message is larger than the server takes.",
               "Make it smaller, or send a link in place of the attachment."}};
    case Cause::relay_denied:
      return {{"The server does not take mail for this address from us for now.",
               "Your own postmaster should check where mail for that domain is sent, and the "
               "login there."},
              {"The server does not take mail for this address from us.",
               "Check the part after the @. If it is right, forward this message to your own "
               "postmaster: the server or the login there may be the wrong one."}};
    case Cause::tls:
      return {{"A protected connection with the server could not be made.", kNothing},
              {"A protected connection with the server could not be made.",
               "Forward this message to your own postmaster, or ask the recipient's postmaster "
               "to mend the server's encryption."}};
    case Cause::unreachable:
      return {{"There was no connection with the server, or it broke off.", kNothing},
              {"There was no connection with the server, or it broke off.",
               "Send the message again later, or reach the recipient by other means."}};
    case Cause::server_trouble:
      return {{"The other server has a trouble of its own.", kNothing},
              {"The other server has a trouble of its own.",
               "Send the message again later; if it lasts, the recipient's postmaster should hear "
               "of it."}};
    case Cause::expired:
      return {{"The message could not be delivered yet.", kNothing},
              {"The message could not be delivered in the time it is given.",
               "Send it again later, or reach the recipient by other means."}};
    case Cause::loop:
      return {{"The message goes in circles between servers.", kNothing},
              {"The message goes in circles between servers.",
               "Forward this message to your own postmaster: one of the servers sends it back "
               "to where it came from."}};
    case Cause::malformed:
      return {
          {"The server finds a fault in the form of the message or of our conversation.", kNothing},
          {"The server finds a fault in the form of the message or of our conversation.",
           "Send the message with another program, or forward this one to your own "
           "postmaster."}};
    case Cause::other: return {{"", kNothing}, {"", ""}};
  }
  std::abort();
}

}  // namespace

Explanation explain(Cause cause, bool temporary) {
  const Words words = words_for(cause);
  return temporary ? words.temporary : words.permanent;
}

}  // namespace tenax::bounce
