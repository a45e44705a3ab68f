/** The menu. */

export const en = {
  nav_more: "More",
  account: "My account",
};

export const zh: Record<keyof typeof en, string> = {
  nav_more: "更多",
  account: "我的账户",
};
