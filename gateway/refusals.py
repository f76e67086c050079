"""Why something a device hands in cannot become a capture: reason codes and words, without personal data."""

from typing import NamedTuple

from core.errors import AnjuError


class _Words(NamedTuple):
    zh: str
    en: str
    mend_zh: str
    mend_en: str


WORDS = {
    "unknown_device": _Words(
        "设备“{device}”未在本网关登记。", "Device {device!r} is not one of this gateway's.",
        "请在 gateway.toml 中登记该设备。", "Add it to gateway.toml.",
    ),
    "wrong_door": _Words(
        "设备“{device}”报告的门“{door}”与登记不符。", "Device {device!r} speaks of door {door!r}, not of its own.",
        "请核对设备和 gateway.toml 中的门编号。", "Compare the door in the device with gateway.toml.",
    ),
    "no_recogniser": _Words(
        "设备“{device}”发来图像，但没有配置识别方式。", "Device {device!r} sent a picture, but recognises nothing.",
        '请在 gateway.toml 中加上 recognise = ["face"] 或 ["plate"]。', 'Add recognise = ["face"] to gateway.toml.',
    ),
    "no_face": _Words(
        "图像中没有找到人脸。", "There is no face in the picture.",
        "请正对摄像头，检查光线和角度。", "Face the camera; check light and angle.",
    ),
    "no_finger": _Words(
        "图像中没有找到指纹。", "There is no finger in the picture.",
        "请擦净手指和采集窗，放平、居中再按一次。", "Wipe finger and window; lay the finger flat.",
    ),
    "no_plate": _Words(
        "图像中没有找到车牌。", "There is no number plate in the picture.",
        "请检查摄像机的角度和距离。", "Check the camera's angle and distance.",
    ),
    "plate_not_allowed": _Words(
        "读到的文字不是有效的车牌号码。", "What was read is not a number plate that the rules allow.",
        "请检查车牌是否被遮挡或污损，由人工核对。", "Look whether the plate is covered or dirty, and check it by eye.",
    ),
    "bad_embedding": _Words(
        "特征向量无效（长度或数值）。", "The embedding has a wrong length, or is not finite, or has no direction.",
        "请核对设备的模型设置。", "Check the model set in the device.",
    ),
    "bad_credential": _Words(
        "凭证类型“{kind}”不是卡、密码、通行证或对讲。", "A credential cannot be of kind {kind!r}.",
        "请核对设备的协议设置。", "Check the device's protocol settings.",
    ),
    "time_unknown": _Words(
        "事件时间 {time} 不可信（早于 {days} 天前）。", "The time {time} is over {days} days ago: not credible.",
        "请校准设备时钟，更换设备的时钟电池。", "Set the device's clock and replace its battery.",
    ),
    "busy": _Words(
        "网关正忙，请稍后重发。", "The gateway is busy; send again later.",
        "如经常出现，请降低抓拍频率。", "If this is frequent, let the device send fewer pictures.",
    ),
}  # fmt: skip


class InputUnusable(AnjuError):
    """Input refused for the reason in `code`."""

    def __init__(self, code: str, **values: object) -> None:
        words = WORDS[code]
        super().__init__(
            words.zh.format(**values),
            words.en.format(**values),
            mend_zh=words.mend_zh.format(**values),
            mend_en=words.mend_en.format(**values),
        )
        self.code = code
