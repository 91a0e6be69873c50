#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# tools/lint.pl CHECK FILE…: the checks of tools/lint.sh that read C, line by line or call by call.
use strict;
use warnings;
use open qw(:std :encoding(UTF-8));

my $banned = join '|', qw(strcpy strcat sprintf vsprintf strtok atoi atol atof strtol strtoul strtoll
	strtoull gets system popen alloca accept pipe dup creat);
my $openers = join '|', qw(open openat socket socketpair accept4 pipe2 dup3 memfd_create epoll_create1
	signalfd eventfd inotify_init1 timerfd_create fopen);
my %width_max = (c => 110, script => 120);

sub blank { my ($text) = @_; $text =~ s/[^\n]/ /g; return $text }

# Comments become blanks, strings and characters become empty ones; lines stay where they are.
sub code
{
	my ($text) = @_;
	$text =~ s{(/\*.*?\*/)|("(?:\\.|[^"\\\n])*")|('(?:\\.|[^'\\\n])+')}
		{defined $1 ? blank($1) : defined $2 ? '""' : "''"}gse;
	return $text;
}

sub line_of { my ($text, $offset) = @_; return 1 + (substr($text, 0, $offset) =~ tr/\n//) }

my %checks = (
	banned => sub {
		my ($file, $text) = @_;
		$text = code($text);
		while ($text =~ /(?<![\w>.])($banned)\s*\(/g) {
			print "$file:", line_of($text, $-[1]), ": $1() is banned\n";
		}
	},
	comments => sub {
		my ($file, $text) = @_;
		$text = code($text);
		print "$file:", line_of($text, $-[0]), ": only /* */ comments\n" while $text =~ m{//}g;
	},
	# Every descriptor is close-on-exec from birth; a call that is handed its flags is believed.
	cloexec => sub {
		my ($file, $text) = @_;
		$text =~ s{(/\*.*?\*/)}{blank($1)}gse;
		while ($text =~ /(?<![\w>.])($openers)\s*(\((?:[^()]++|(?2))*\))/g) {
			my ($name, $args, $at) = ($1, $2, $-[1]);
			next if $args =~ /CLOEXEC|\bflags\b|\bchar \*/;
			next if $name eq 'fopen' && $args =~ /"[rwa][b+x]*e[b+x]*"/;
			print "$file:", line_of($text, $at), ": $name() without close-on-exec\n";
		}
	},
	width => sub {
		my ($file, $text) = @_;
		my $number = 0;
		my $max = $width_max{$file =~ /\.[ch]$/ ? 'c' : 'script'};
		for my $line (split /\n/, $text) {
			$number++;
			1 while $line =~ s/^([^\t]*)\t/$1 . ' ' x (8 - length($1) % 8)/e;
			my $width = length $line;
			print "$file:$number: $width columns, at most $max\n" if $width > $max;
		}
	},
);

my $check = $checks{shift // ''} or die "lint.pl: no such check\n";
for my $file (@ARGV) {
	open my $in, '<', $file or die "$file: $!\n";
	local $/;
	$check->($file, scalar <$in>);
}
