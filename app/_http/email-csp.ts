/** The policy for the HTML of an email: no scripts, images or origin; links may leave the frame. */
export const emailCsp =
  "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation-by-user-activation"

export const isEmailHtmlPath = (path: string): boolean => /^\/mailbox\/[^/]+\/html$/.test(path)
