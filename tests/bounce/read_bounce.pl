#!/usr/bin/env perl
# SPDX-License-Identifier: Apache-2.0
# Reads notices as a list server's program would: with Mail::DeliveryStatus::BounceParser, which shares no code with ours.
#
# usage: read_bounce.pl FILE...
# Prints one JSON object a line for each file: is it a bounce, what else is it, and its recipients.
use strict;
use warnings;
use JSON::PP;
use Mail::DeliveryStatus::BounceParser;

sub trimmed { my $text = shift // ''; $text =~ s/^\s+|\s+$//g; return $text; }

for my $name (@ARGV) {
    open(my $file, '<:raw', $name) or die "$name: $!";
    my $mail = do { local $/; <$file> };
    $mail =~ s/\r\n/\n/g;    # as it lies in a mailbox
    my $bounce = Mail::DeliveryStatus::BounceParser->new($mail);
    my @recipients = map {
        my $report = $_;
        +{ map { $_ => trimmed($report->get($_)) } qw(email action status) }
    } $bounce->reports;
    print encode_json({
        bounce => $bounce->is_bounce ? JSON::PP::true : JSON::PP::false,
        type => $bounce->{type} // '',
        id => trimmed($bounce->orig_message_id),
        recipients => \@recipients,
    }), "\n";
}
