import { recountOrders } from '#db/fleet/steps/recount-orders'
import type { DataStep } from '#db/fleet/steps/step'

/** Every data step of this build, oldest first. */
export const steps: DataStep[] = [recountOrders]
