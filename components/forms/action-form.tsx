'use client'

import {
  useActionState,
  useEffect,
  useId,
  useRef,
  useState,
  useTransition,
  type ReactNode,
} from 'react'
import { callAction, outdatedPage } from '#components/forms/call-action'
import { useDraft } from '#components/forms/form-draft'
import { FormContext } from '#components/forms/form-state'
import { Button } from '#components/ui/button'
import { Notice } from '#components/ui/notice'
import { toast } from '#components/ui/toast'
import type { Action, ActionState } from '#app/_actions/action'

export type ActionFormProps<R> = {
  action: Action<R>
  /** The toast after success. */
  done?: string | ((result: R) => string)
  onDone?: ((result: R) => void) | undefined
  hidden?: Record<string, string | number>
  className?: string
  label?: string
  /** What the form holds outside its inputs. It is kept when the page has to be reloaded. */
  kept?: unknown
  /** Takes over `kept` after the reload. */
  onRestore?: (kept: unknown) => void
  children: ReactNode
}

/**
 * A form that submits to a server action. It works before hydration, keeps what was typed when it is
 * refused, and moves the focus to the first invalid field.
 */
export function ActionForm<R>({
  action,
  done,
  onDone,
  hidden = {},
  className,
  label = '',
  kept,
  onRestore,
  children,
}: ActionFormProps<R>) {
  const { state, pending, dispatch, send } = useFormAction(action, (result) => {
    if (done) toast(typeof done === 'string' ? done : done(result))
    onDone?.(result)
  })
  const form = useRef<HTMLFormElement>(null)
  const formId = useId()
  const { restored, reload } = useDraft({ form, label, kept, onRestore })
  const refusal = state?.ok === false ? state : undefined

  useEffect(() => {
    if (state?.ok === false)
      (
        form.current?.querySelector<HTMLElement>('[aria-invalid=true]') ??
        form.current?.querySelector<HTMLElement>('[role=alert]')
      )?.focus()
  }, [state])

  return (
    <FormContext
      value={{
        pending,
        message: refusal?.message,
        fields: refusal?.fields ?? {},
        values: refusal?.values ?? {},
        formId,
      }}
    >
      <form
        ref={form}
        action={dispatch}
        onSubmit={(event) => {
          // otherwise React resets the form after each response
          event.preventDefault()
          send(new FormData(event.currentTarget, event.nativeEvent.submitter))
        }}
        noValidate
        aria-label={label || undefined}
        aria-busy={pending}
        className={className ?? 'grid gap-4'}
      >
        {Object.entries(hidden).map(([name, value]) => (
          <input key={name} type="hidden" name={name} value={value} />
        ))}
        {refusal && (
          <Notice look="danger">
            {refusal.message}
            {refusal.code === outdatedPage && <Reload onClick={reload} />}
          </Notice>
        )}
        {restored && !state && (
          <Notice>The page was reloaded. What you had typed is filled in again.</Notice>
        )}
        {children}
      </form>
    </FormContext>
  )
}

const Reload = ({ onClick }: { onClick: () => void }) => (
  <span className="mt-2 flex flex-wrap items-center gap-3">
    <Button onClick={onClick}>Reload</Button>
    What you typed is kept, except passwords and codes.
  </span>
)

/**
 * The responses of a form's action. React's own state has the response to a submission before
 * hydration; later submissions go through `send`.
 */
function useFormAction<R>(action: Action<R>, onSuccess: (result: R) => void) {
  const [initial, dispatch] = useActionState<ActionState<R> | null, FormData>(action, null)
  const [latest, setLatest] = useState<ActionState<R> | null>(null)
  const [pending, start] = useTransition()
  const send = (data: FormData) =>
    start(async () => {
      const response = await callAction(action, data)
      setLatest(response)
      // not in an effect: the refreshed page may no longer have this form
      if (response.ok) onSuccess(response.result)
    })
  return { state: latest ?? initial, pending, dispatch, send }
}
