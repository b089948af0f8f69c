use super::check;

#[test]
fn what_touches_devices() {
    check(
        r##"
> mkfs.ext4 /dev/sdb1
    modify device /dev/sdb1
> mkfs.ext4 -n /dev/sdb1
    read program mkfs.ext4
> mkfs -t ext4 -L data /dev/sdb1
    modify device /dev/sdb1
> mkfs.vfat -F 32 /dev/sdb1
    modify device /dev/sdb1
> mkfs.ext4 disk.img
    modify file-tree disk.img | content
> mkswap /dev/sdb2
    modify device /dev/sdb2
> mkfs.ext4 $DEV
    ?modify unknown $DEV
> fdisk -l
    read program fdisk
> fdisk -l /dev/sda
    read device /dev/sda
> fdisk /dev/sda
    modify device /dev/sda
> sfdisk -d /dev/sda
    read device /dev/sda
> sfdisk /dev/sda
    modify device /dev/sda
> parted /dev/sda print
    read device /dev/sda
> parted -s /dev/sda mklabel gpt
    modify device /dev/sda
> parted -l
    read program parted
> sgdisk -Z /dev/sda
    modify device /dev/sda
> sgdisk -p /dev/sda
    read device /dev/sda
> wipefs /dev/sda
    read device /dev/sda
> wipefs -a /dev/sda
    modify device /dev/sda
> wipefs -an /dev/sda
    read device /dev/sda
> blkdiscard /dev/sda
    modify device /dev/sda
> hdparm -I /dev/sda
    read device /dev/sda
> hdparm --user-master u --security-erase p /dev/sda
    modify device /dev/sda
> cryptsetup luksFormat /dev/sdb1
    modify device /dev/sdb1
> cryptsetup luksOpen /dev/sdb1 data
    execute program cryptsetup
> cryptsetup luksDump /dev/sdb1
    read program cryptsetup
> cryptsetup erase /dev/sdb1
    modify device /dev/sdb1
> lvremove -f vg/lv
    delete volume vg/lv
> lvremove --test vg/lv
    read program lvremove
> vgremove vg
    delete volume vg
> pvremove /dev/sdb
    modify device /dev/sdb
> pvcreate /dev/sdb
    modify device /dev/sdb
> lvs
    read program lvs
> mdadm --zero-superblock /dev/sdb
    modify device /dev/sdb
> mdadm --detail /dev/md0
    read device /dev/md0
> zpool destroy tank
    delete volume tank
> zpool status
    read program zpool
> zpool create tank mirror sda sdb
    modify device sda @ /dev/sda
    modify device sdb @ /dev/sdb
> zfs destroy -r tank/home
    delete volume tank/home
> zfs destroy -nr tank/home
    read program zfs
> zfs list
    read program zfs
> zfs rollback -r tank/home@x
    delete volume tank/home@x
> btrfs subvolume delete src
    delete file-tree src
> btrfs filesystem show
    read program btrfs
> diskutil list
    read program diskutil
> diskutil eraseDisk JHFS+ X disk2
    modify device disk2
> diskutil unmount disk2
    execute program diskutil
> mount
    read program mount
> mount /dev/sdb1 /mnt
    modify file-tree /mnt | content
    execute program mount /dev/sdb1 /mnt
> umount /mnt
    execute program umount
> losetup -a
    read program losetup
> losetup -f disk.img
    execute program losetup
> dmsetup remove_all
    modify device remove_all
> parted -s /dev/sda print
    read device /dev/sda
> parted /dev/sda rm 1
    modify device /dev/sda
> sgdisk --zap-all /dev/sda
    modify device /dev/sda
> sgdisk -n 1:0:0 /dev/sda
    modify device /dev/sda
> sfdisk --delete /dev/sda 1
    modify device /dev/sda
> sfdisk --no-act --delete /dev/sda
    read program sfdisk
> lvremove --longhelp vg/lv
    read program lvremove
> fdisk --help
    read program fdisk
> fdisk $D
    ?modify unknown $D
> wipefs --all --force /dev/sda
    modify device /dev/sda
> wipefs --all --no-act /dev/sda
    read device /dev/sda
> mkfs --help
    read program mkfs
> mkfs.xfs -f /dev/nvme0n1p1
    modify device /dev/nvme0n1p1
> mkfs.btrfs -L x /dev/disk/by-id/foo
    modify device /dev/disk/by-id/foo
> newfs_hfs /dev/disk2
    modify device /dev/disk2
> badblocks -w /dev/sda
    modify device /dev/sda
> badblocks -sv /dev/sda
    read device /dev/sda
> nvme format /dev/nvme0n1
    modify device /dev/nvme0n1
> nvme list
    read device list
> cryptsetup --help
    read program cryptsetup
> cryptsetup luksClose data
    execute program cryptsetup
> cryptsetup -q luksFormat --type luks2 /dev/sdb
    modify device /dev/sdb
> lvreduce -L 1G vg/lv
    delete volume vg/lv
> lvresize -L +1G vg/lv
    execute program lvresize
> lvcreate -n x -L 1G vg
    create volume vg
> lvm lvremove vg/lv
    delete volume vg/lv
> lvremove $X
    ?delete volume $X
> vgreduce vg /dev/sdb
    modify device /dev/sdb
> zpool list
    read program zpool
> zpool destroy $P
    ?delete volume $P
> zpool labelclear -f /dev/sda
    modify device /dev/sda
> zfs snapshot tank/a@b
    create volume tank/a@b
> zfs receive -F tank/a
    delete volume tank/a
> zfs send tank/a@b
    read program zfs
> btrfs device remove /dev/sdb /mnt
    modify device /dev/sdb
> btrfs subvolume list /
    read program btrfs
> btrfs subvolume create new
    create file-tree new
> diskutil eraseVolume free x /dev/disk2s1
    modify device /dev/disk2s1
> diskutil apfs deleteVolume disk1s2
    modify device disk1s2
> diskutil info disk2
    read program diskutil
> mdadm --stop /dev/md0
    execute program mdadm
> mdadm -C /dev/md0 -l1 -n2 /dev/sda /dev/sdb
    modify device /dev/md0
    modify device /dev/sda
    modify device /dev/sdb
> umount --help
    read program umount
> swapoff -a
    execute program swapoff
> fsck /dev/sda1
    execute program fsck
> mount --help
    read program mount
"##,
    );
}
