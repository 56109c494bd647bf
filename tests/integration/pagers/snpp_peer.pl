#!/usr/bin/perl
# An SNPP gateway on Net::SNPP::Server (Debian's libnet-snpp-perl), which somebody else wrote.
#
#   snpp_peer.pl LEVEL     2: all that the module knows; 1: PAGE, MESS, SEND, QUIT, RESE, HELP alone
#   snpp_peer.pl 3 STATUS...
#       A FAKE from here on: ACKR, RTYP, MSTA and KTAG are not of the module but ours, after RFC 1861 4.6. Each MSTA is
#       answered by the next STATUS, "860 Delivered, Awaiting Read Ack", with tag and date put in; the last one stays.
#       "oneway" first: PAGE is refused in a two-way transaction.
#
# Prints "READY PORT", then one JSON object for each page that was sent, and for each MSTA and KTAG.
use strict;
use warnings;
use JSON::PP;
use Net::SNPP::Server;
use Socket;

$| = 1;
my $level = shift // 2;
my $server;
for my $try (1 .. 50) {
    my $port = 20000 + int(rand(40000));
    $server = eval { Net::SNPP::Server->new(Port => $port) };
    last if $server;
}
die "no port is free" unless $server;
my ($port) = sockaddr_in(getsockname($server->socket()));
my $one_way = @ARGV && $ARGV[0] eq 'oneway' ? shift : '';
my (%asked, %known);
if ($level <= 1) { $server->disable_command($_) for qw(ALER LEVE HOLD DATA 2WAY SUBJ PING MCRE); }
if ($level == 2) { $server->disable_command('2WAY') }
if ($level == 3) { two_way() }
$server->callback('write_log', sub { });
$server->callback('process_page', sub {
    my ($pager, $page, $results) = @_;
    print encode_json({pager => "$pager->[0]", text => $page->{mess}, alert => ($page->{alert} // 0) + 0,
        two_way => $page->{twoway} ? 1 : 0, choices => $page->{responses} // {}, %asked}), "\n";
    %asked = ();
    return 1;
});
print "READY $port\n";

# The fake of level 3.
sub two_way
{
    if ($one_way) {
        my $refuse = 1;
        $server->custom_command('RESE', sub { $refuse = 0; return ("250 RESET OK", 1) });
        $server->callback('validate_pager_id', sub { return $refuse ? undef : $_[0] });
    }
    $server->callback('create_id_and_pin', sub { my $tag = 1000 + keys %known; $known{$tag} = 77; return ($tag, 77) });
    $server->custom_command('ACKR', sub { $asked{ackr} = $_[0]; return ("250 Read Acknowledgement Enabled", 1) });
    $server->custom_command('RTYP', sub { $asked{rtyp} = $_[0]; return ("250 Reply Type Set", 1) });
    $server->custom_command('MSTA', sub {
        my ($tag, $pass) = @_;
        print encode_json({msta => "$tag $pass"}), "\n";
        return ("550 Unknown or Illegal Message_Tag or Pass_Code", 1) unless ($known{$tag} // '') eq $pass;
        my $status = @ARGV > 1 ? shift @ARGV : $ARGV[0];
        my ($code, $rest) = split(' ', $status, 2);
        return ("$code $tag 261122021405+0 $rest", 1);
    });
    $server->custom_command('KTAG', sub {
        print encode_json({ktag => "@_"}), "\n";
        return ("250 OK, Message Tag Killed", 1);
    });
}

while (my $client = $server->client()) {
    $server->handle_client($client);
}
