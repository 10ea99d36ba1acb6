// SPDX-License-Identifier: Apache-2.0
#include "delivery/commands.h"

#include <algorithm>

#include "io/resolver.h"

namespace tenax::delivery {

namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// What stands between "<" and ">".
std::optional<std::string> path(const mail::Address& address, bool utf8) {
  if (utf8 || address.is_ascii()) return address.text();
  if (!is_ascii(address.local_part())) return std::nullopt;  // RFC 6531 3.2: there is no other form
  const io::Result<std::string> a_labels = io::to_ascii_name(address.domain().text());
  if (!a_labels) return std::nullopt;
  const auto domain = mail::Domain::parse(*a_labels);
  if (!domain) return std::nullopt;
  return mail::Address{address.local_part(), *domain}.text();
}

}  // namespace

bool speaks_utf8(const mail::DeliveryRequest& request, const Capabilities& server) {
  if (!server.smtputf8) return false;
  if (request.envelope.smtputf8) return true;
  if (request.envelope.sender && !request.envelope.sender->is_ascii()) return true;
  return std::ranges::any_of(request.recipients,
                             [](const auto& recipient) { return !recipient.address.is_ascii(); });
}

std::optional<std::string> mail_command(const mail::Envelope& envelope, const Capabilities& server,
                                        bool utf8) {
  std::string command = "MAIL FROM:<";
  if (envelope.sender) {
    const std::optional<std::string> sender = path(*envelope.sender, utf8);
    if (!sender) return std::nullopt;
    command += *sender;
  }
  command += ">";
  if (server.size && envelope.size > 0) command += " SIZE=" + std::to_string(envelope.size);
  // Without 8BITMIME the octets go as they are: docs/decisions/0002-eight-bit-mail.md.
  if (server.eight_bit && envelope.body == mail::BodyType::eight_bit) command += " BODY=8BITMIME";
  if (utf8) command += " SMTPUTF8";
  if (server.dsn) {
    if (envelope.ret == mail::Ret::full) command += " RET=FULL";
    if (envelope.ret == mail::Ret::headers) command += " RET=HDRS";
    if (!envelope.envid.empty()) command += " ENVID=" + mail::encode_xtext(envelope.envid);
  }
  return command;
}

std::optional<std::string> rcpt_command(const mail::DueRecipient& recipient,
                                        const Capabilities& server, bool utf8) {
  const std::optional<std::string> address = path(recipient.address, utf8);
  if (!address) return std::nullopt;
  std::string command = "RCPT TO:<" + *address + ">";
  if (server.dsn) {
    if (recipient.notify.given()) command += " NOTIFY=" + recipient.notify.text();
    if (recipient.original) command += " ORCPT=" + recipient.original->xtext();
  }
  return command;
}

}  // namespace tenax::delivery
