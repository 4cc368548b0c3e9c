# Deletes entries of the table, a message to the kernel for each; drain.sh feeds it, and delete-entries.py does the same.
# Reads lines of `FAMILY PROTOCOL SOURCE DESTINATION A B C ZONE STATE REMAINING`: A and B are ports, or type and code of an
# ICMP with the id C; `-` is what is not there. An entry that was used since, or is gone, stays so. `rest N` are N more that
# are not tried. Prints how many were deleted, how many had gone or were used again, how many are left, and the errno of the
# kernel where it refused one. linux/netfilter/nfnetlink_conntrack.h: message 1 gets, 2 deletes; attribute 1 is the tuple,
# 4 what is known of its protocol, 7 the timeout, 12 the id, 18 the zone.
my ($gone, $kept, $left, $errno, $number) = (0, 0, 0, 0, 0);
socket(my $kernel, 16, 3, 12) or $errno = $! + 0;

sub attribute {
  my ($type, $value) = @_;
  return pack("SS", 4 + length $value, $type) . $value . "\0" x (-length($value) % 4);
}

sub attributes {
  my ($text) = @_;
  my %found;
  while (length $text >= 4) {
    my ($length, $type) = unpack "SS", $text;
    last if $length < 4;
    $found{$type & 16383} = substr $text, 4, $length - 4;
    my $next = ($length + 3) & ~3;
    $text = $next < length $text ? substr($text, $next) : "";
  }
  return \%found;
}

sub ask {
  my ($type, $flags, $family, $body) = @_;
  send $kernel, pack("LSSLLCCn", 20 + length $body, 256 + $type, $flags, ++$number, 0, $family, 0, 0) . $body, 0;
  defined recv($kernel, my $answer, 65536, 0) or return ($! + 0, "");
  my ($length, $kind) = unpack "LS", $answer;
  return $kind == 2 ? (-unpack("l", substr $answer, 16, 4), "") : (0, substr $answer, 20, $length - 20);
}

sub address {
  my ($text) = @_;
  return pack "C4", split /\./, $text if $text !~ /:/;
  my ($head, $tail) = split /::/, $text, 2;
  my @head = split /:/, $head;
  my @tail = split /:/, defined $tail ? $tail : "";
  return pack "n8", map { hex } @head, ("0") x (8 - @head - @tail), @tail;
}

while (<STDIN>) {
  if (/^rest (\d+)/) { $left += $1; next }
  if ($errno) { $left++; next }
  my ($family, $protocol, $source, $destination, $first, $second, $third, $zone, $state, $remaining) = split;
  my $is4 = $family == 2;
  my $proto = attribute(1, pack "C", $protocol);
  if ($third ne "-") {
    my $at = $is4 ? 4 : 7;
    $proto .= attribute($at, pack "n", $third);
    $proto .= attribute($at + 1, pack "C", $first) . attribute($at + 2, pack "C", $second);
  } elsif ($first ne "-") {
    $proto .= attribute(2, pack "n", $first) . attribute(3, pack "n", $second);
  }
  my $addresses = attribute($is4 ? 1 : 3, address($source)) . attribute($is4 ? 2 : 4, address($destination));
  my $tuple = attribute(32769, attribute(32769, $addresses) . attribute(32770, $proto));
  $tuple .= attribute(18, pack "n", $zone) if $zone ne "-";
  my ($error, $entry) = ask(1, 1, $family, $tuple);
  if (!$error) {
    my $found = attributes($entry);
    my $tcp = attributes(attributes($found->{4} || "")->{1} || "");
    my $is_used = $remaining ne "-" && defined $found->{7} && unpack("N", $found->{7}) > $remaining;
    $is_used ||= $state ne "-" && defined $tcp->{1} && unpack("C", $tcp->{1}) != $state;
    if ($is_used) { $kept++; next }
    ($error) = ask(2, 5, $family, $tuple . (defined $found->{12} ? attribute(12, $found->{12}) : ""));
  }
  if (!$error) {
    $gone++;
    select undef, undef, undef, 0.2 if $gone % 1000 == 0;
  } elsif ($error == 2) {
    $kept++;
  } else {
    $errno = $error;
    $left++;
  }
}
print "$gone $kept $left $errno\n";
