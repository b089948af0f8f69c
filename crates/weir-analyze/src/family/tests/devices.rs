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
    execute program mount
> umount /mnt
    execute program umount
> losetup -a
    read program losetup
> losetup -f disk.img
    execute program losetup
> dmsetup remove_all
    modify device remove_all
"##,
    );
}
