import { Archive, ArchiveRestore, Pencil } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Action } from '#app/_actions/action'
import { FormDialog } from '#components/forms/form-dialog'
import { TenantButton } from '#components/forms/tenant-button'

type Props = {
  record: { id: string; name: string; version: number; archivedAt: Date | null }
  /** What it is called, as in `Save customer`. */
  noun: string
  /** The toast after a restore. */
  restored: string
  actions: {
    archive: Action<unknown>
    restore: Action<unknown>
    edit: Action<{ id: string; name: string }>
  }
  editLook?: 'primary' | 'secondary'
  /** The fields of the form. */
  children: ReactNode
}

/** The buttons of a record's page: archive or restore, and edit. */
export function RecordActions({
  record,
  noun,
  restored,
  actions,
  editLook = 'secondary',
  children,
}: Props) {
  const { id, name, version, archivedAt } = record
  return (
    <>
      {archivedAt ? (
        <TenantButton action={actions.restore} input={{ id }} done={restored}>
          <ArchiveRestore aria-hidden /> Restore
        </TenantButton>
      ) : (
        <TenantButton action={actions.archive} input={{ id }} done={`${name} is archived.`}>
          <Archive aria-hidden /> Archive
        </TenantButton>
      )}
      <FormDialog
        opener={
          <>
            <Pencil aria-hidden /> Edit
          </>
        }
        look={editLook}
        title={`Edit ${name}`}
        save={`Save ${noun}`}
        done="is saved."
        action={actions.edit}
        hidden={{ id, version }}
      >
        {children}
      </FormDialog>
    </>
  )
}
