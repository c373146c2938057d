/**
 * Takes a part of Cedar's JSON form for what the format says that it is (docs.cedarpolicy.com/policies/json-format.html). The form comes
 * from Cedar's own parser, in this process, so it is believed and not checked; this is the one place where that is done.
 */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion, typescript/no-unnecessary-type-parameters -- see above
export const formOf = <T>(form: unknown): T => form as T
