import { Fragment } from 'react'
import { Card, CardBody, CardHeader } from '#components/ui/card'

/** The plain text of an email, with clickable links. */
export function EmailBody({ text, htmlAddress }: { text: string; htmlAddress: string }) {
  return (
    <Card>
      <CardHeader title="Text">
        <a href={htmlAddress} className="text-sm text-accent underline underline-offset-4">
          As HTML
        </a>
      </CardHeader>
      <CardBody className="break-words whitespace-pre-wrap">
        {text.split(/(https?:\/\/\S+)/).map((part, i) => (
          <Fragment key={i}>
            {/^https?:/.test(part) ? (
              <a href={part} className="break-all text-accent underline underline-offset-4">
                {part}
              </a>
            ) : (
              part
            )}
          </Fragment>
        ))}
      </CardBody>
    </Card>
  )
}
