import { ActionClass } from '@writ/contracts'

/** What each class means, with tools as they are met in the wild. The list is closed; its order is mildest first. */
export const CLASSES: Readonly<
  Record<ActionClass, { readonly means: string; readonly examples: readonly string[] }>
> = {
  read: { means: 'looks and changes nothing', examples: ['get_issue', 'search_files', 'list-tables'] },
  write: { means: 'creates or changes something', examples: ['create_issue', 'push_files', 'updatePage'] },
  delete: {
    means: 'removes or destroys something',
    examples: ['delete_repository', 'drop_table', 'purge_queue'],
  },
  execute: {
    means: 'runs something whose effects the call does not show',
    examples: ['run_command', 'execute_code', 'trigger_workflow'],
  },
  send: { means: 'carries something to others', examples: ['send_email', 'post_message', 'publish_package'] },
  spend: { means: 'moves or commits money', examples: ['create_payment', 'transfer_funds', 'place_order'] },
  administer: {
    means: 'changes who may do what',
    examples: ['grant_access', 'add_collaborator', 'rotate_api_key'],
  },
}

/** The stricter of two classes, in the order of the list. */
export const stricterClass = (left: ActionClass, right: ActionClass): ActionClass =>
  ActionClass.options.indexOf(left) < ActionClass.options.indexOf(right) ? right : left
