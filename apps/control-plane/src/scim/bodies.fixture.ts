/**
 * Requests as the two large directories send them, word for word but for names and ids.
 * Okta: "SCIM 2.0 Protocol Reference" (developer.okta.com/docs/api/openapi/okta-scim). Entra: "Tutorial: Develop and plan
 * provisioning for a SCIM endpoint" and "Known issues and resolutions with SCIM 2.0 protocol compliance" (learn.microsoft.com).
 */

const PATCH = 'urn:ietf:params:scim:api:messages:2.0:PatchOp'
const USER = 'urn:ietf:params:scim:schemas:core:2.0:User'
const GROUP = 'urn:ietf:params:scim:schemas:core:2.0:Group'
const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'

const patch = (...Operations: object[]) => ({ schemas: [PATCH], Operations })

export const okta = {
  user: (name: string, externalId = `00u${name}`) => ({
    schemas: [USER],
    userName: `${name}@okta.example`,
    name: { givenName: 'Test', familyName: 'User' },
    emails: [{ primary: true, value: `${name}@okta.example`, type: 'work' }],
    displayName: 'Test User',
    locale: 'en-US',
    externalId,
    groups: [],
    password: '1mz050nq',
    active: true,
  }),
  deactivate: patch({ op: 'replace', value: { active: false } }),
  activate: patch({ op: 'replace', value: { active: true } }),
  group: (displayName: string) => ({ schemas: [GROUP], displayName, members: [] }),
  addMember: (id: string) =>
    patch({ op: 'add', path: 'members', value: [{ value: id, display: 'test.user@okta.example' }] }),
  removeMember: (id: string) => patch({ op: 'remove', path: `members[value eq "${id}"]` }),
  replaceMembers: (...ids: string[]) =>
    patch({ op: 'replace', path: 'members', value: ids.map((value) => ({ value })) }),
  rename: (id: string, displayName: string) => patch({ op: 'replace', value: { id, displayName } }),
}

export const entra = {
  user: (name: string) => ({
    schemas: [USER, ENTERPRISE],
    externalId: `0a21f0f2-${name}`,
    userName: `Test_User_${name}@entra.example`,
    active: true,
    emails: [{ primary: true, type: 'work', value: `Test_User_${name}@entra.example` }],
    meta: { resourceType: 'User' },
    name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
    roles: [],
    [ENTERPRISE]: { department: 'Sales' },
  }),
  /** without the compliance flag */
  disable: patch({ op: 'Replace', path: 'active', value: 'False' }),
  enable: patch({ op: 'Add', path: 'active', value: 'True' }),
  /** with `?aadOptscim062020` */
  disableByTheBook: patch({ op: 'replace', value: { active: false } }),
  change: patch(
    { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updated@entra.example' },
    { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
    { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 555 0100' },
    { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Finance' },
    { op: 'Add', path: `${ENTERPRISE}:manager`, value: '26118915' },
  ),
  changeWithoutPath: patch({
    op: 'replace',
    value: {
      displayName: 'Updated Name',
      'name.givenName': 'Updated',
      'emails[type eq "work"].value': 'again@entra.example',
      [`${ENTERPRISE}:department`]: 'Legal',
    },
  }),
  group: (displayName: string) => ({
    schemas: [GROUP, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
    externalId: `8aa1a0c0-${displayName}`,
    displayName,
    meta: { resourceType: 'Group' },
  }),
  addMember: (id: string) => patch({ op: 'Add', path: 'members', value: [{ $ref: null, value: id }] }),
  removeMember: (id: string) => patch({ op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] }),
  rename: (displayName: string) => patch({ op: 'Replace', path: 'displayName', value: displayName }),
}
