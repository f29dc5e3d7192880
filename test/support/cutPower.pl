#!/usr/bin/perl
# Cuts the power of ONE file system that a test made: the ext4 shutdown ioctl without flushing its log, after which
# nothing that was not on the "disk" ever gets there. On any other file system this would take the machine down, so
# everything is proved on the open folder itself, right before the call, and any doubt ends with exit code 3.
#
# Arguments: FOLDER (the mount point), DEVICE (major:minor recorded when it was mounted), IMAGE (the backing file,
# absolute), and "cut" or "check" (all the proofs, no call).
use strict;
use warnings;
use Fcntl qw(O_RDONLY O_DIRECTORY O_NOFOLLOW :mode);

my ($folder, $device, $image, $mode) = @ARGV;
sub refuse { print STDERR "refused: $_[0]\n"; exit 3 }
refuse('four arguments are needed') unless @ARGV == 4 && ($mode eq 'cut' || $mode eq 'check');
refuse('the device is not major:minor') unless $device =~ /^(\d+):(\d+)$/;
my ($major, $minor) = ($1, $2);
refuse('the device is no loop device') unless $major == 7;
refuse('paths must be absolute') unless $folder =~ m{^/.} && $image =~ m{^/.};

sysopen(my $handle, $folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) or refuse("cannot open $folder: $!");
my @own = stat $handle or refuse("cannot stat $folder: $!");
my @parent = stat "$folder/.." or refuse("cannot stat the parent: $!");
my @root = stat '/' or refuse("cannot stat the root: $!");
# st_dev as the kernel gives it to user space: (minor & 0xff) | (major << 8) | ((minor & ~0xff) << 12).
my $expected = ($minor & 0xff) | ($major << 8) | (($minor & ~0xff) << 12);
refuse("the folder is on device $own[0], not on $expected") unless $own[0] == $expected;
refuse('the folder is no mount point') if $own[0] == $parent[0];
refuse('the folder is on the root file system') if $own[0] == $root[0];

open(my $mounts, '<', '/proc/self/mountinfo') or refuse("cannot read the mounts: $!");
my @here = grep { $_->[2] eq $device } map { [split / /] } <$mounts>;
close $mounts;
refuse('the device is mounted ' . @here . ' times, not once') unless @here == 1;
my @mount = @{ $here[0] };
refuse("the device is mounted at $mount[4]") unless $mount[4] eq $folder;
my ($separator) = grep { $mount[$_] eq '-' } 6 .. $#mount;
refuse('the mount cannot be read') unless defined $separator;
refuse('it is not ext4') unless $mount[ $separator + 1 ] eq 'ext4';
refuse('it is not that loop device') unless $mount[ $separator + 2 ] eq "/dev/loop$minor";

open(my $backing, '<', "/sys/dev/block/$device/loop/backing_file") or refuse("there is no backing file: $!");
chomp(my $file = <$backing>);
refuse("the loop device's file is $file") unless $file eq $image;
my @image = stat $image or refuse("cannot stat the image: $!");
refuse('the image is no regular file') unless S_ISREG($image[2]);

exit 0 if $mode eq 'check';
# EXT4_IOC_SHUTDOWN is _IOR('X', 125, __u32); 2 is EXT4_GOING_FLAGS_NOLOGFLUSH.
my $flags = pack 'L', 2;
defined ioctl($handle, 0x8004587D, $flags) or refuse("the call failed: $!");
