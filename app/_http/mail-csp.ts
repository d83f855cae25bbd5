/** The policy for the HTML of an email: no scripts, images or origin; links may leave the frame. */
export const mailCsp =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation-by-user-activation"

export const isMailHtmlPath = (path: string): boolean => /^\/mailbox\/[^/]+\/html$/.test(path)
