import { handlers } from '#app/session'

export const { GET, POST } = handlers
