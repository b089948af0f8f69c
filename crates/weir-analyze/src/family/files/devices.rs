//! Programs for disks, partitions, file systems and volumes.

use weir_model::{Effect, Scope, Target, TargetKind, Verb};

use super::{Files, Meaning};
use crate::call::Arg;
use crate::family::options::{Opts, Word, not_known};

pub(super) fn meaning<'c, 's>(program: &str) -> Option<Meaning<'c, 's>> {
    let read: fn(&mut Files<'c, 's>, &[Arg]) = match program {
        _ if program.starts_with("mkfs.") || program.starts_with("newfs") => Files::make_file_system,
        "mkfs" | "mke2fs" | "mkdosfs" | "mkntfs" | "mkswap" | "mkreiserfs" => Files::make_file_system,
        "fdisk" | "cfdisk" | "sfdisk" | "gdisk" | "cgdisk" | "sgdisk" | "parted" | "gpart" => Files::partition,
        "wipefs" | "blkdiscard" | "hdparm" | "badblocks" | "nvme" | "sg_format" | "partclone.restore" => Files::disk,
        "diskutil" => Files::diskutil,
        "cryptsetup" => Files::cryptsetup,
        "mdadm" => Files::mdadm,
        "lvm" | "lvremove" | "vgremove" | "pvremove" | "lvreduce" | "vgreduce" | "pvcreate" | "vgcreate"
        | "lvcreate" | "vgextend" | "lvextend" | "lvresize" | "lvs" | "vgs" | "pvs" | "lvdisplay" | "vgdisplay"
        | "pvdisplay" => Files::lvm,
        "zpool" => Files::zpool,
        "zfs" => Files::zfs,
        "btrfs" => Files::btrfs,
        "dmsetup" => Files::dmsetup,
        // What `mount` does is in the catalog: nothing to the device, but it hides what was at the place.
        "umount" | "losetup" | "swapon" | "swapoff" | "fsck" | "e2fsck" | "tune2fs" | "resize2fs" | "partprobe" => {
            Files::attach
        }
        _ => return None,
    };
    Some(Meaning::Together(read))
}

impl Files<'_, '_> {
    /// The devices among arguments: what lies below `/dev`, or else the last that is no option and no number.
    fn disks(args: &[Arg]) -> Vec<Word> {
        let words: Vec<Word> = args.iter().map(Word::of).collect();
        let named: Vec<Word> = words
            .iter()
            .filter(|word| (if word.known { &word.text } else { &word.prefix }).starts_with("/dev/"))
            .cloned()
            .collect();
        if !named.is_empty() {
            return named;
        }
        let last = words.into_iter().rev().find(|word| {
            let size = word.known && word.text.starts_with(|letter: char| letter.is_ascii_digit());
            !size && !(word.known && (word.text.starts_with('-') || word.text.is_empty()))
        });
        last.into_iter().collect()
    }

    /// What is on these is lost.
    fn destroy(&mut self, disks: &[Word]) {
        if disks.is_empty() {
            return self.harmless();
        }
        self.act(Verb::Modify, &Scope::Content, disks);
    }

    fn look(&mut self, disks: &[Word]) {
        for word in disks {
            let paths = self.path(word).into_iter().collect();
            self.emit(Effect::new(Verb::Read, Target::new(TargetKind::Device, word.source.clone()).at(paths)));
        }
        if disks.is_empty() {
            self.harmless();
        }
    }

    fn work(&mut self) {
        self.emit(Effect::new(Verb::Execute, Target::new(TargetKind::Program, self.program)));
    }

    fn volume(&mut self, verb: Verb, word: &Word) {
        let target = Target::new(TargetKind::Volume, word.source.clone()).stateful();
        let effect =
            if word.known { Effect::new(verb, target) } else { Effect::opaque(verb, target, not_known(&word.source)) };
        self.emit(effect);
    }

    fn make_file_system(&mut self, args: &[Arg]) {
        let has = |flag: &str| args.iter().any(|arg| arg.text() == Some(flag));
        let ext = self.program.contains("ext") || self.program == "mke2fs";
        let test = (ext && has("-n")) || has("-N") && self.program.contains("xfs") || has("--no-act");
        if has("--help") || has("--version") || has("-V") || test || args.is_empty() {
            return self.harmless();
        }
        self.destroy(&Self::disks(args));
    }

    fn partition(&mut self, args: &[Arg]) {
        const LOOKS: &[&str] = &[
            "-l",
            "--list",
            "-d",
            "--dump",
            "-J",
            "--json",
            "-F",
            "--list-free",
            "-V",
            "--verify",
            "-v",
            "--version",
            "--help",
            "-h",
            "-p",
            "--print",
            "-i",
            "--info",
            "print",
            "unit",
            "-T",
            "--list-types",
            "-x",
            "--show-size",
            "-P",
            "--pretend",
            "show",
            "list",
            "status",
            "align-check",
            "-b",
            "--backup",
            "-n",
            "--no-act",
        ];
        const CHANGES: &[&str] = &[
            "rm",
            "mklabel",
            "mktable",
            "mkpart",
            "resizepart",
            "set",
            "name",
            "rescue",
            "disk_set",
            "toggle",
            "-Z",
            "--zap-all",
            "-z",
            "--zap",
            "-o",
            "--clear",
            "--delete",
            "--new",
            "--mbrtogpt",
            "--append",
            "--part-type",
            "destroy",
            "delete",
            "create",
            "add",
            "modify",
        ];
        let mut looks = args.is_empty();
        let mut changes = false;
        for arg in args {
            let text = arg.text().unwrap_or("mklabel");
            // The letters of `sgdisk` and of the others do not agree.
            let own = self.program == "sgdisk" && matches!(text, "-d" | "-n" | "-F");
            looks |= LOOKS.contains(&text) && !own;
            changes |= CHANGES.contains(&text.split('=').next().unwrap_or(text)) || own;
        }
        // It says what it would do.
        if self.program == "sfdisk" && args.iter().any(|arg| matches!(arg.text(), Some("-n" | "--no-act"))) {
            return self.harmless();
        }
        let disks = Self::disks(args);
        let disks: Vec<Word> = disks.into_iter().filter(|word| !LOOKS.contains(&word.text.as_str())).collect();
        if disks.is_empty() {
            self.harmless();
        } else if looks && !changes {
            self.look(&disks);
        } else {
            self.destroy(&disks);
        }
    }

    fn disk(&mut self, args: &[Arg]) {
        let any = |flags: &[&str]| {
            args.iter()
                .filter_map(Arg::text)
                .any(|text| flags.iter().any(|flag| text == *flag || text.split('=').next() == Some(*flag)))
        };
        let letter = |letter: char| {
            args.iter()
                .filter_map(Arg::text)
                .any(|text| text.strip_prefix('-').is_some_and(|rest| !rest.starts_with('-') && rest.contains(letter)))
        };
        let hidden = args.iter().any(|arg| arg.text().is_none());
        let destroys = match self.program {
            "wipefs" => {
                (letter('a') || letter('o') || any(&["--all", "--offset"])) && !(letter('n') || any(&["--no-act"]))
            }
            "blkdiscard" | "sg_format" | "partclone.restore" => !args.is_empty(),
            "badblocks" => letter('w'),
            "nvme" => any(&["format", "sanitize", "write", "write-zeroes", "dsm", "delete-ns", "write-uncor"]),
            _ => args.iter().filter_map(Arg::text).any(|text| {
                let name = text.split('=').next().unwrap_or(text);
                [
                    "--security-erase",
                    "--trim-sector",
                    "--write-sector",
                    "--fwdownload",
                    "--make-bad",
                    "--repair-sector",
                    "--dco-restore",
                    "--sanitize",
                    "--security-set-pass",
                ]
                .iter()
                .any(|flag| name.starts_with(flag))
            }),
        };
        let disks = Self::disks(args);
        if any(&["--help", "--version", "-V", "-h"]) {
            self.harmless();
        } else if destroys || (hidden && self.program == "wipefs" && args.len() > 1) {
            self.destroy(&disks);
        } else {
            self.look(&disks);
        }
    }

    fn diskutil(&mut self, args: &[Arg]) {
        let verbs: Vec<String> = args.iter().take(2).filter_map(Arg::text).map(str::to_ascii_lowercase).collect();
        let destroys = verbs.iter().any(|verb| {
            ["erase", "zero", "random", "secureerase", "partition", "reformat", "delete", "split", "merge", "resize"]
                .iter()
                .any(|word| verb.starts_with(word))
        });
        let hidden = args.first().is_some_and(|arg| arg.text().is_none());
        let Some(last) = args.last().map(Word::of).filter(|_| destroys || hidden) else {
            return match verbs.first().map(String::as_str) {
                None | Some("list" | "info" | "activity" | "verifyvolume" | "verifydisk" | "listfilesystems") => {
                    self.harmless();
                }
                Some(_) => self.work(),
            };
        };
        // `disk2` is `/dev/disk2`; which operand it is differs from verb to verb.
        let disk = args.iter().map(Word::of).find(|word| word.text.contains("disk") && !word.text.contains("Disk"));
        let word = disk.unwrap_or(last);
        let target = Target::new(TargetKind::Device, word.source).stateful();
        self.emit(Effect::new(Verb::Modify, target));
    }

    fn cryptsetup(&mut self, args: &[Arg]) {
        const SPEC: &str = "c|cipher= h|hash= s|key-size= d|key-file= l|keyfile-size= S|key-slot= i|iter-time= T|tries= \
            t|timeout= o|offset= b|size= p|skip= M|type= q|batch-mode y|verify-passphrase v|verbose r|readonly uuid= \
            label= header= header-backup-file= volume-key-file= pbkdf= pbkdf-memory= sector-size= test-passphrase \
            allow-discards align-payload= keyfile-offset= new-keyfile= use-random";
        let Some(opts) = self.opts(SPEC, args) else { return };
        let rest = opts.words.get(1..).unwrap_or_default();
        match opts.words.first() {
            None => self.harmless(),
            Some(action) if !action.known => self.destroy(&Self::disks(args)),
            Some(action) => match action.text.as_str() {
                "luksFormat" | "erase" | "luksErase" | "luksKillSlot" | "luksRemoveKey" | "luksHeaderRestore"
                | "reencrypt" | "convert" => self.destroy(rest.get(..1).unwrap_or_default()),
                "status" | "luksDump" | "isLuks" | "luksUUID" | "benchmark" | "bitlkDump" | "tcryptDump" => {
                    self.harmless()
                }
                "luksHeaderBackup" => match opts.value("header-backup-file") {
                    Some(file) => self.write(std::slice::from_ref(file)),
                    None => self.harmless(),
                },
                _ => self.work(),
            },
        }
    }

    fn mdadm(&mut self, args: &[Arg]) {
        let any = |long: &[&str], short: &[&str]| {
            args.iter().filter_map(Arg::text).any(|text| long.contains(&text) || short.contains(&text))
        };
        if any(
            &["--create", "--zero-superblock", "--build", "--remove", "--fail", "--kill-subarray"],
            &["-C", "-B", "-r", "-f"],
        ) {
            self.destroy(&Self::disks(args));
        } else if any(&["--detail", "--examine", "--query", "--help", "--version"], &["-D", "-E", "-Q", "-h", "-V"]) {
            self.look(&Self::disks(args));
        } else {
            self.work();
        }
    }

    fn lvm(&mut self, args: &[Arg]) {
        let mut args = args;
        let mut program = self.program.to_owned();
        if program == "lvm" {
            let Some((command, rest)) = args.split_first() else { return self.harmless() };
            program = command.text().unwrap_or("lvremove").to_owned();
            args = rest;
        }
        const SPEC: &str = "f|force y|yes t|test v|verbose q|quiet S|select= A|autobackup= config= L|size= l|extents= \
            n|name= r|resizefs Z|zero= u|uuid= T|thin i|stripes= I|stripesize= m|mirrors= s|snapshot a|all \
            removemissing nohistory noudevsync reportformat= nolocking driverloaded= commandprofile= dataalignment= \
            metadatasize= setphysicalvolumesize= type= addtag= o|options= O|sort= noheadings units= h|longhelp";
        let Some(opts) = self.opts(SPEC, args) else { return };
        if opts.has("test") || opts.has("longhelp") {
            return self.harmless();
        }
        match program.as_str() {
            "lvremove" | "vgremove" | "lvreduce" => {
                let everything = opts.value("select").filter(|_| opts.words.is_empty()).cloned();
                for word in opts.words.iter().chain(everything.as_ref()) {
                    self.volume(Verb::Delete, word);
                }
            }
            "lvresize" if opts.value("size").is_none_or(|size| !size.text.starts_with('+')) => {
                for word in &opts.words {
                    self.volume(Verb::Delete, word);
                }
            }
            "pvremove" | "pvcreate" => self.destroy(&opts.words),
            "vgcreate" | "vgextend" | "vgreduce" => self.destroy(opts.words.get(1..).unwrap_or_default()),
            "lvcreate" => {
                for word in opts.words.iter().take(1) {
                    self.volume(Verb::Create, word);
                }
            }
            "lvextend" | "lvresize" => self.work(),
            _ => self.harmless(),
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    fn zpool(&mut self, args: &[Arg]) {
        let Some((command, rest)) = args.split_first() else { return self.harmless() };
        let opts = Opts::parse("f n o= O= R= m= t= d s w a N D F X", rest, false);
        match command.text() {
            _ if opts.has("n") => self.harmless(),
            Some("destroy") | None => {
                for word in opts.words.iter().take(1) {
                    self.volume(Verb::Delete, word);
                }
            }
            Some("create" | "add" | "attach" | "replace") => {
                let disks: Vec<Word> = opts
                    .words
                    .get(1..)
                    .unwrap_or_default()
                    .iter()
                    .filter(|word| {
                        !["mirror", "raidz", "draid", "spare", "log", "cache", "special", "dedup"]
                            .iter()
                            .any(|kind| word.text.starts_with(kind))
                    })
                    .map(|word| {
                        if word.known && !word.text.contains('/') {
                            Word { text: format!("/dev/{}", word.text), ..word.clone() }
                        } else {
                            word.clone()
                        }
                    })
                    .collect();
                self.destroy(&disks);
            }
            Some("labelclear") => self.destroy(&opts.words),
            Some("remove" | "detach" | "split" | "offline" | "rewind") => {
                for word in opts.words.iter().take(1) {
                    self.volume(Verb::Modify, word);
                }
            }
            Some("status" | "list" | "get" | "history" | "iostat" | "events" | "version") => self.harmless(),
            Some(_) => self.work(),
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    fn zfs(&mut self, args: &[Arg]) {
        let Some((command, rest)) = args.split_first() else { return self.harmless() };
        let opts = Opts::parse("f n p r R d v u o= O= V= s b= t= x= F A e", rest, false);
        let verb = match command.text() {
            Some("destroy") | None if opts.has("n") => return self.harmless(),
            Some("rollback" | "destroy") | None => Verb::Delete,
            // A stream received with `-F` rolls back what is there.
            Some("receive" | "recv") if opts.has("F") && !opts.has("n") => Verb::Delete,
            Some("list" | "get" | "diff" | "holds" | "send" | "version" | "userspace" | "groupspace") => {
                return self.harmless();
            }
            Some("create" | "snapshot" | "snap" | "clone" | "receive" | "recv" | "bookmark") => Verb::Create,
            Some(_) => Verb::Modify,
        };
        let last = opts.words.len().saturating_sub(1);
        let words =
            if verb == Verb::Delete { opts.words.as_slice() } else { opts.words.get(last..).unwrap_or_default() };
        for word in words {
            self.volume(verb, word);
        }
        if self.said.is_empty() {
            self.harmless();
        }
    }

    fn btrfs(&mut self, args: &[Arg]) {
        let word = |at: usize| args.get(at).and_then(Arg::text).unwrap_or_default();
        let (group, command) = (word(0), word(1));
        let rest = args.get(2..).unwrap_or_default();
        let begins = |text: &str, full: &str| text.len() > 1 && full.starts_with(text);
        let opts = Opts::parse(
            "c|commit-after C|commit-each v|verbose i|subvolid= R|recursive f|force K|nodiscard r",
            rest,
            false,
        );
        if begins(group, "subvolume") && begins(command, "delete") {
            return self.act(Verb::Delete, &Scope::Whole, &opts.words);
        }
        if begins(group, "subvolume") && (begins(command, "create") || begins(command, "snapshot")) {
            let last = opts.words.len().saturating_sub(1);
            return self.act(Verb::Create, &Scope::Whole, opts.words.get(last..).unwrap_or_default());
        }
        let disks = begins(group, "device") && ["add", "delete", "remove"].contains(&command)
            || begins(group, "replace") && command == "start";
        if disks {
            return self.destroy(&Self::disks(rest));
        }
        match command {
            "" | "list" | "show" | "df" | "usage" | "status" | "stats" | "du" | "get-default" => self.harmless(),
            _ => self.work(),
        }
    }

    fn dmsetup(&mut self, args: &[Arg]) {
        match args.iter().find_map(|arg| arg.text().filter(|text| !text.starts_with('-'))) {
            Some("remove" | "remove_all" | "wipe_table" | "load" | "create" | "message") => {
                let name = args.last().map(|arg| arg.source.clone()).unwrap_or_default();
                self.emit(Effect::new(Verb::Modify, Target::new(TargetKind::Device, name).stateful()));
            }
            _ => self.harmless(),
        }
    }

    /// Mounting and the like: nothing is lost.
    fn attach(&mut self, args: &[Arg]) {
        let asks = args.first().and_then(Arg::text).is_some_and(|text| matches!(text, "--help" | "--version" | "-V"));
        let looks = args.is_empty()
            || asks
            || args.iter().filter_map(Arg::text).all(|text| {
                matches!(
                    text,
                    "-l" | "--list"
                        | "-a"
                        | "--all"
                        | "--help"
                        | "--version"
                        | "-V"
                        | "-h"
                        | "-s"
                        | "--show"
                        | "-n"
                        | "-N"
                ) && !matches!(self.program, "umount" | "swapoff")
            });
        if looks { self.harmless() } else { self.work() }
    }
}
