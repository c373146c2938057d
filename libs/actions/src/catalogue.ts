import type { ActionClass } from '@writ/contracts'

/** Classes of tools that were read and judged by hand, by the pin of the very definition that was judged: a name alone can be taken by anybody. */
export type Catalogue = ReadonlyMap<string, ActionClass>

/**
 * The catalogue that ships: the official `@modelcontextprotocol/server-everything` 2026.8.31. Where it differs from what the server says
 * of itself there is a reason: `get-env` calls itself read-only, and what it reads are secrets.
 */
export const CATALOGUE: Catalogue = new Map<string, ActionClass>([
  // echo
  ['3579116fe1b9db57618ae9cd46e934538cba113e37652b2b50b35a37b8e99dcd', 'read.public'],
  // get-annotated-message
  ['694c57789e506948c948e268bdd97ae103bb28bbc60d3482d503dff49d140d6c', 'read.public'],
  // get-env
  ['44dd6ecc4d2249360668ac033cb3c1d5db3ce6b2fee598409ab4ef60fcefcdd7', 'credential'],
  // get-resource-links
  ['8d510bd8c99121097e5aefed6a23e28c839544b34071021d7e32cd7dcbf79935', 'read.public'],
  // get-resource-reference
  ['333c841ba60d4a12aa703513c8838c58fa3eea0c46c5e222777ab602f179be73', 'read.public'],
  // get-structured-content
  ['0e2df6dace201e52cad712ce6c810d165aad5e729ab64c9364f0b2dfe4b5a25c', 'read.public'],
  // get-sum
  ['c14743a61fe7dc216c71b2af6974acfe41f1ef46f3c50eb467a92fec5f6e9420', 'read.public'],
  // get-tiny-image
  ['98c0bc6bfe4e39ef52ad45e19ed7fa099a5638493b67e98bfebf1aa6277d24c1', 'read.public'],
  // gzip-file-as-resource
  ['98970b39c251b0d25a6a08ffed5be10f02b2f9c09d03115f9d0c40a6d5ff93da', 'read.untrusted'],
  // toggle-simulated-logging
  ['bd7496084f6c3f2a188a5619e3f07c3bb0440193c927c19382bde0f838c8367d', 'write.local'],
  // toggle-subscriber-updates
  ['0c7bf9ca6b124f60f064e4818ae9269aa3e4a3e22f0fe9b064bf3dceac2a705f', 'write.local'],
  // trigger-long-running-operation
  ['c04c28e14d20b4a724f2d66a02a16ea7836e9a896e5b2e0c4e6bbfb80f429e1e', 'read.public'],
  // get-roots-list
  ['62b47a9b6462e7b5aeea685f11c12227c04d12d26ef423464f8f3301bae5f2fb', 'read.private'],
  // trigger-elicitation-request
  ['b91ba292203703de97f76c6df76fdb1afb58128fe78a3e76be0d32cb1fdf26f9', 'read.private'],
  // trigger-url-elicitation
  ['182a76f8852f08f7934213ab5d72f72fdaa77b61cef60360dbd21699c27145b8', 'sink.external'],
  // trigger-sampling-request
  ['fd658a33283d8bc1f9f1ef9cca2297b672752dae6637655635c23f6d14c1f66d', 'exec'],
  // simulate-research-query
  ['348e9b357f08aaf0951c04d724a75ab3935dd16194cc6be4528754be739571c1', 'read.public'],
])
