/** Acknowledging and signing. */

export const en = {
  code: "Six digits from your device",
  what_is_done: "What is done",
  sign_password: "Password to sign",
};

export const zh: Record<keyof typeof en, string> = {
  code: "动态验证码（六位）",
  what_is_done: "处理说明",
  sign_password: "签名密码",
};
