//! The options of git's commands, and which commands only look or only add.

pub(super) const ADD: &str = "n|dry-run v|verbose i|interactive p|patch e|edit f|force u|update renormalize N|intent-to-add \
    A|all ignore-removal refresh ignore-errors ignore-missing sparse chmod= pathspec-from-file= pathspec-file-nul";
pub(super) const ARCHIVE: &str = "format= prefix= add-file= add-virtual-file= o|output= mtime= worktree-attributes v|verbose \
    l|list remote= exec=";
pub(super) const BRANCH: &str = "v|verbose q|quiet t|track? u|set-upstream-to= unset-upstream color? r|remotes contains= \
    no-contains= abbrev? a|all d|delete D m|move M omit-empty c|copy C l|list show-current create-reflog \
    edit-description f|force merged? no-merged? column? sort= points-at= i|ignore-case recurse-submodules format=";
pub(super) const CHECKOUT: &str = "b= B= l guess overlay q|quiet recurse-submodules? progress m|merge conflict= d|detach \
    t|track? f|force orphan= overwrite-ignore ignore-other-worktrees 2|ours 3|theirs p|patch \
    ignore-skip-worktree-bits pathspec-from-file= pathspec-file-nul";
pub(super) const CHECKOUT_INDEX: &str = "a|all f|force q|quiet n|no-create u|index z stdin temp prefix= stage= \
    ignore-skip-worktree-bits";
/// The setting that names more rules for what is ignored.
pub(super) const EXCLUDES: &str = "core.excludesFile";
pub(super) const CLEAN: &str = "q|quiet n|dry-run f|force i|interactive d e|exclude= x X";
pub(super) const CLONE: &str = "v|verbose q|quiet progress reject-shallow n|no-checkout bare mirror l|local no-hardlinks \
    s|shared recurse-submodules? recursive? j|jobs= template= reference= reference-if-able= dissociate o|origin= \
    b|branch= revision= u|upload-pack= depth= shallow-since= shallow-exclude= single-branch tags \
    shallow-submodules separate-git-dir= ref-format= c|config= server-option= 4|ipv4 6|ipv6 filter= \
    also-filter-submodules remote-submodules sparse bundle-uri=";
pub(super) const COMMIT: &str = "q|quiet v|verbose F|file= author= date= m|message= c|reedit-message= C|reuse-message= fixup= \
    squash= reset-author trailer= s|signoff t|template= e|edit cleanup= status S|gpg-sign? a|all i|include \
    interactive p|patch o|only n|no-verify dry-run short branch ahead-behind porcelain long z|null amend \
    no-post-rewrite u|untracked-files? pathspec-from-file= pathspec-file-nul allow-empty allow-empty-message";
pub(super) const CONFIG: &str = "global system local worktree f|file= blob= get get-all get-regexp get-urlmatch replace-all add \
    unset unset-all rename-section remove-section l|list e|edit get-color get-colorbool type= bool int \
    bool-or-int bool-or-str path expiry-date z|null name-only show-names show-origin show-scope fixed-value \
    default= comment= includes all regexp value= url= append";
pub(super) const FETCH: &str = "v|verbose q|quiet all set-upstream a|append atomic upload-pack= f|force m|multiple t|tags n \
    j|jobs= prefetch p|prune P|prune-tags recurse-submodules? dry-run porcelain write-fetch-head k|keep \
    u|update-head-ok progress depth= shallow-since= shallow-exclude= deepen= unshallow refetch update-shallow \
    refmap= o|server-option= 4|ipv4 6|ipv6 negotiation-tip= negotiate-only filter= auto-maintenance auto-gc \
    show-forced-updates write-commit-graph stdin rebase? r stat log? signoff squash commit edit cleanup= ff \
    ff-only verify verify-signatures autostash s|strategy= X|strategy-option= S|gpg-sign? allow-unrelated-histories";
pub(super) const GC: &str =
    "q|quiet prune? cruft max-cruft-size= aggressive auto detach force keep-largest-pack expire-to=";
pub(super) const MV: &str = "v|verbose n|dry-run f|force k sparse";
pub(super) const PUSH: &str = "v|verbose q|quiet repo= all branches mirror d|delete tags n|dry-run porcelain f|force \
    force-with-lease? force-if-includes recurse-submodules= thin receive-pack= exec= u|set-upstream progress \
    prune verify follow-tags signed? atomic o|push-option= 4|ipv4 6|ipv6 stdin stateless-rpc helper-status remote=";
pub(super) const READ_TREE: &str = "index-output= empty v|verbose m trivial aggressive reset prefix= u i exclude-per-directory= \
    n|dry-run no-sparse-checkout debug-unpack recurse-submodules? q|quiet";
pub(super) const REBASE: &str = "x|exec= onto= keep-base i|interactive s|strategy= X|strategy-option= S|gpg-sign? C= \
    empty= update-refs continue abort skip quit edit-todo show-current-patch whitespace=";
pub(super) const RESET: &str = "q|quiet no-refresh refresh mixed soft hard merge keep recurse-submodules? p|patch \
    N|intent-to-add pathspec-from-file= pathspec-file-nul";
pub(super) const RESTORE: &str = "s|source= S|staged W|worktree ignore-unmerged overlay q|quiet recurse-submodules? progress \
    m|merge conflict= 2|ours 3|theirs p|patch ignore-skip-worktree-bits pathspec-from-file= pathspec-file-nul";
pub(super) const RM: &str =
    "n|dry-run q|quiet cached f|force r ignore-unmatch sparse pathspec-from-file= pathspec-file-nul";
pub(super) const SWITCH: &str = "c|create= C|force-create= guess discard-changes q|quiet recurse-submodules? progress m|merge \
    conflict= d|detach t|track? f|force orphan= overwrite-ignore ignore-other-worktrees";
pub(super) const TAG: &str = "l|list n? d|delete v|verify a|annotate m|message= F|file= e|edit trailer= s|sign cleanup= \
    u|local-user= f|force create-reflog column? contains= no-contains= merged? no-merged? omit-empty sort= \
    points-at= format= color? i|ignore-case";
pub(super) const UPDATE_REF: &str = "m= d no-deref deref z stdin create-reflog batch-updates";

/// Subcommands that only look.
pub(super) const READING: &[&str] = &[
    "annotate",
    "blame",
    "check-attr",
    "check-ignore",
    "check-mailmap",
    "check-ref-format",
    "cherry",
    "cat-file",
    "column",
    "count-objects",
    "describe",
    "diff",
    "diff-files",
    "diff-index",
    "diff-pairs",
    "diff-tree",
    "fast-export",
    "fmt-merge-msg",
    "for-each-ref",
    "fsck",
    "fsck-objects",
    "get-tar-commit-id",
    "grep",
    "help",
    "last-modified",
    "log",
    "ls-files",
    "ls-remote",
    "ls-tree",
    "mailinfo",
    "merge-base",
    "name-rev",
    "pack-redundant",
    "patch-id",
    "pickaxe",
    "range-diff",
    "request-pull",
    "rev-list",
    "rev-parse",
    "shortlog",
    "show",
    "show-branch",
    "show-index",
    "show-ref",
    "status",
    "stripspace",
    "unpack-file",
    "upload-archive",
    "upload-pack",
    "var",
    "verify-commit",
    "verify-pack",
    "verify-tag",
    "version",
    "whatchanged",
];

/// Subcommands that add to a repository, or change it in ways that git itself can take back.
pub(super) const WORKING: &[&str] = &[
    "am",
    "citool",
    "commit-graph",
    "commit-tree",
    "fetch-pack",
    "fsmonitor--daemon",
    "gui",
    "index-pack",
    "interpret-trailers",
    "mailsplit",
    "maintenance",
    "merge",
    "merge-index",
    "merge-octopus",
    "merge-one-file",
    "merge-ours",
    "merge-recursive",
    "merge-resolve",
    "merge-subtree",
    "merge-tree",
    "mktag",
    "mktree",
    "multi-pack-index",
    "pack-objects",
    "pack-refs",
    "prune-packed",
    "quiltimport",
    "receive-pack",
    "replay",
    "revert",
    "cherry-pick",
    "unpack-objects",
    "update-index",
    "update-server-info",
    "write-tree",
];
