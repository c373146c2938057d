import type { ActionClass } from '@writ/contracts'

/** Classes of tools that were read and judged by hand, by the pin of the very definition that was judged: a name alone can be taken by anybody. */
export type Catalogue = ReadonlyMap<string, ActionClass>

/**
 * The catalogue that ships: the official `@modelcontextprotocol/server-everything` 2026.8.31. Where it differs from what the server says
 * of itself there is a reason: `get-env` calls itself read-only, and what it reads are secrets.
 */
export const CATALOGUE: Catalogue = new Map<string, ActionClass>([
  // echo
  ['8d037a6de5f233aa5342d9d1dc53b82815863ecc0c3781f3ec8c1449da0b1b9b', 'read.public'],
  // get-annotated-message
  ['d0c90161bcd6c06f1b74e3576c74406c95b92085760843833323287710c82088', 'read.public'],
  // get-env
  ['47846b1dae5178a6dfb6802924533b8e0de36de4fd119313ec5e9ae9c2a062cf', 'credential'],
  // get-resource-links
  ['29331d1460aa0d54a586ac0e6643eaaddbd83eb236b5414ec74cd5fac9797b3c', 'read.public'],
  // get-resource-reference
  ['a3197034477f9ccdf866a211db29890acbf993b1b63cfba98ecb1a2a78c82d8a', 'read.public'],
  // get-structured-content
  ['43509ab826cad1df2952e7f20cff4519d4fa1578d649dd6a829713b99ce7d2b7', 'read.public'],
  // get-sum
  ['74d23496bcc0feedc3389222def98b2eb1e1d717f7377e4aac0a48e1a31dbd15', 'read.public'],
  // get-tiny-image
  ['b05901b026ea49944669feaf08327dd0b387e30007f9f0082c093493a82f4779', 'read.public'],
  // gzip-file-as-resource
  ['228825ebfd7770578233a026fa48c7d37c95cfdcc6a9f57ce4fb3a84f2b0e1e2', 'read.untrusted'],
  // toggle-simulated-logging
  ['8c5ab118b9602ad02621454037b838aec6afbf6a4064393dee1098b557f9e968', 'write.local'],
  // toggle-subscriber-updates
  ['1d03b3c106f9d3117a3821fa3a5357807980f2e9ed890356b2a11683716e72cd', 'write.local'],
  // trigger-long-running-operation
  ['6b9d046a4cbf77ba8e9828a2da69923da3978455e93b33173271d3f9f3b4f669', 'read.public'],
  // get-roots-list
  ['3b14d3db7aff092435b7841b513510f5b0f2341b8003dd7ed489ac2a230274b2', 'read.private'],
  // trigger-elicitation-request
  ['0aeb707690aa7471b0b6b20ad1ae0a0973a8a4d150de3556e42ead87c14bb8d4', 'read.private'],
  // trigger-url-elicitation
  ['3a5f40a8bf15303f8f401bc42ae267485c4e9610eb54352a8ee912321cfcaf8d', 'sink.external'],
  // trigger-sampling-request
  ['c8ee7399be367be7822872dee6a5188e74e82a53709045cf70ec8daaf7ad63c9', 'exec'],
  // simulate-research-query
  ['f9f55e1c06eb864e37b3cf742c6d41517cd1efff492533af9f4cfde8034fdcb7', 'read.public'],
])
