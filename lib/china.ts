/** Regions of the partition aws-cn, which has few of the services. */
export const CHINA: readonly string[] = ['cn-north-1', 'cn-northwest-1'];
