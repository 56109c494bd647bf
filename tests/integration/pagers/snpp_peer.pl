#!/usr/bin/perl
# An SNPP gateway on Net::SNPP::Server (Debian's libnet-snpp-perl), which somebody else wrote.
#
#   snpp_peer.pl LEVEL     2: all that the module knows; 1: PAGE, MESS, SEND, QUIT, RESE, HELP alone
#
# Prints "READY PORT", then one JSON object for each page that was sent.
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
if ($level == 1) { $server->disable_command($_) for qw(ALER LEVE HOLD DATA 2WAY SUBJ PING MCRE); }
$server->callback('write_log', sub { });
$server->callback('process_page', sub {
    my ($pager, $page, $results) = @_;
    print encode_json({pager => "$pager->[0]", text => $page->{mess}, alert => ($page->{alert} // 0) + 0}), "\n";
    return 1;
});
print "READY $port\n";
while (my $client = $server->client()) {
    $server->handle_client($client);
}
