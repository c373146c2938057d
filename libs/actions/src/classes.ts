import { ActionClass } from '@writ/contracts'

/**
 * What each class means, with tools and local actions as they are met in the wild; every example classifies as it says.
 * The list is closed; its order is mildest first. An action has one class: the strictest that fits.
 */
export const CLASSES: Readonly<
  Record<ActionClass, { readonly means: string; readonly examples: readonly string[] }>
> = {
  'read.public': {
    means: 'looks at what anybody may know, in words that the operator of the server stands for',
    examples: ['get_current_time', 'get_library_docs', 'list_currencies'],
  },
  'read.private': {
    means: "looks at the organisation's own records",
    examples: ['get_order', 'search_files', 'list-tables'],
  },
  'read.untrusted': {
    means: 'brings back words that strangers may have written',
    examples: ['fetch_url', 'get_issue', 'read_email', 'web_search'],
  },
  'write.local': {
    means: "changes something in the agent's own working place",
    examples: ['write_file', 'create_directory', 'save_draft'],
  },
  'write.shared': {
    means: 'changes something that others see or rely on',
    examples: ['create_issue', 'push_files', 'updatePage'],
  },
  'sink.external': {
    means: 'carries something out to others',
    examples: ['send_email', 'post_message', 'publish_package'],
  },
  exec: {
    means: 'runs something whose effects the call does not show',
    examples: ['run_command', 'execute_code', 'trigger_workflow'],
  },
  money: {
    means: 'moves or commits money',
    examples: ['create_payment', 'transfer_funds', 'place_order'],
  },
  destructive: {
    means: 'removes or destroys something',
    examples: ['delete_repository', 'drop_table', 'purge_queue'],
  },
  admin: {
    means: 'changes who may do what, or what keeps watch',
    examples: ['grant_access', 'add_collaborator', 'update_policy'],
  },
  credential: {
    means: 'reads, makes or changes a secret',
    examples: ['get_secret', 'rotate_api_key', 'create_access_token'],
  },
}

/** The stricter of two classes, in the order of the list. */
export const stricterClass = (left: ActionClass, right: ActionClass): ActionClass =>
  ActionClass.options.indexOf(left) < ActionClass.options.indexOf(right) ? right : left

/** The strictest of some; null of none. */
export const strictestOf = (classes: readonly ActionClass[]): ActionClass | null =>
  classes.reduce<ActionClass | null>(
    (strictest, found) => (strictest === null ? found : stricterClass(strictest, found)),
    null,
  )

export const isReading = (actionClass: ActionClass): boolean => actionClass.startsWith('read.')
