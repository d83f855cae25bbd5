export type DemoLogin = { email: string; password: string; what: string }

const password = 'rowhouse-demo'

/**
 * The users that `seed --demo` creates. Their password is public: for development and tests only.
 */
export const demoLogins = (): DemoLogin[] => [
  { email: 'ada@acme.example', password, what: 'owner of Acme (starter, shared tables)' },
  { email: 'grace@globex.example', password, what: 'owner of Globex (starter, shared tables)' },
  { email: 'sam@both.example', password, what: 'member of Acme and Globex' },
  { email: 'vera@acme.example', password, what: 'viewer in Acme' },
  { email: 'ines@initech.example', password, what: 'owner of Initech (business, own schema)' },
  {
    email: 'umar@umbrella.example',
    password,
    what: 'owner of Umbrella (enterprise, own database)',
  },
  { email: 'olivia@rowhouse.example', password, what: 'operator, member of no tenant' },
]
