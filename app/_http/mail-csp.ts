/**
 * What the HTML of a mail may do when it is looked at: be read, and be left by a click. No script,
 * no picture, no origin.
 */
export const mailCsp =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation-by-user-activation"

export const isMailHtmlPath = (path: string): boolean => /^\/mailbox\/[^/]+\/html$/.test(path)
