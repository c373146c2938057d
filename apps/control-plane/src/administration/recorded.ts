import { Reflector } from '@nestjs/core'

/**
 * Names the method of the controller that views what a route changes, called with the tenant's transaction and the `id` of the path:
 * what it answers is recorded before and after. Without it, that is the controller's `GET :id`; `null`: there is no view.
 */
export const Recorded = Reflector.createDecorator<string | null>()
