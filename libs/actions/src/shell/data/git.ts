/** Configuration whose value is a program, and configuration that decides which programs run. */
export const GIT_COMMAND_KEYS =
  /^(?:core\.(?:fsmonitor|sshcommand|pager|editor|askpass|gitproxy|alternaterefscommand)|pager\.\w+|sequence\.editor|diff\.external|diff\..*\.(?:command|textconv)|merge\..*\.driver|filter\..*\.(?:clean|smudge|process)|(?:difftool|mergetool|browser|man|guitool)\..*\.(?:cmd|path)|credential(?:\..*)?\.helper|gpg(?:\..*)?\.program|interactive\.difffilter|uploadpack\.packobjectshook|remote\..*\.(?:uploadpack|receivepack|vcs)|ssh\.variant|trailer\..*\.(?:cmd|command)|submodule\..*\.update|web\.browser)$/i
export const GIT_PLACE_KEYS =
  /^(?:core\.(?:hookspath|attributesfile|worktree)|init\.templatedir|include(?:if\..*)?\.path|url\..*\.(?:insteadof|pushinsteadof)|protocol\.\w+\.allow|http\.(?:.*\.)?(?:proxy|sslverify)|alias\..+)$/i

/** Verbs that show what is in files. */
export const GIT_SHOWS =
  /^(?:show|diff|log|blame|annotate|cat-file|grep|archive|difftool|range-diff|whatchanged|format-patch|stash|diff-tree|diff-index|diff-files|checkout-index|fast-export|bundle|hash-object)$/

/** Branches that others rely on. */
export const SHARED_BRANCH =
  /(?:^|[:/])(?:main|master|trunk|develop|dev|production|prod|staging|release(?:[/-].*)?|stable|gh-pages)$/
