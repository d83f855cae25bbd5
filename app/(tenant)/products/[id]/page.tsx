import { notFound } from 'next/navigation'
import { tenantPage } from '#app/_session/tenant-page'
import { ActivityList } from '#components/activity/activity-list'
import { formatDate, formatMoney } from '#components/formats'
import { RecordActions } from '#components/forms/record-actions'
import { Page } from '#components/page'
import { ProductFields } from '#components/products/product-fields'
import { Badge } from '#components/ui/badge'
import { Card, CardBody, CardHeader } from '#components/ui/card'
import { DescriptionItem, DescriptionList } from '#components/ui/description-list'
import { PageHeader } from '#components/ui/page-header'
import * as activity from '#db/activity/activity'
import { isId } from '@rowhouse/tenancy'
import * as products from '#db/product/products'
import { archiveProduct, editProduct, restoreProduct } from '../actions'

export const metadata = { title: 'Product' }

export default async function ProductPage({ params }: PageProps<'/products/[id]'>) {
  const { id } = await params
  const { scope, formats, db, may } = await tenantPage()
  const [product, entries] = isId(id)
    ? await db((tx) => Promise.all([products.find(tx, id), activity.about(tx, id)]))
    : [null, []]
  if (!product) notFound()
  return (
    <Page scope={scope} width="normal">
      <title>{`${product.name} · Rowhouse`}</title>
      <PageHeader
        title={product.name}
        beside={product.archivedAt && <Badge tone="warn">Archived</Badge>}
        back={{ href: '/products', label: 'Products' }}
      >
        {may('products:write') && (
          <RecordActions
            record={product}
            noun="product"
            editLook="primary"
            restored={`${product.name} is on offer again.`}
            actions={{ archive: archiveProduct, restore: restoreProduct, edit: editProduct }}
          >
            <ProductFields start={product} formats={formats} />
          </RecordActions>
        )}
      </PageHeader>
      <div className="grid items-start gap-5 md:grid-cols-2">
        <Card labelledBy="facts">
          <CardHeader id="facts" title="About" />
          <CardBody>
            <DescriptionList>
              <DescriptionItem name="Price">
                {formatMoney(product.priceMinor, formats)}
              </DescriptionItem>
              <DescriptionItem name="Number">{product.sku}</DescriptionItem>
              <DescriptionItem name="On offer since">
                {formatDate(product.createdAt, formats)}
              </DescriptionItem>
            </DescriptionList>
          </CardBody>
        </Card>
        <Card labelledBy="activity">
          <CardHeader id="activity" title="Activity" />
          <CardBody>
            <ActivityList entries={entries.slice(0, 8)} formats={formats} short />
          </CardBody>
        </Card>
      </div>
    </Page>
  )
}
