"""Codes that facts and tables carry, in words: a message id `kind.code` each. What nobody named shows as its code."""

import re

from core.texts import known, register, render

_ROLES = {
    "viewer": ("查看", "Viewer"),
    "property": ("物业人员", "Property staff"),
    "housing": ("住房管理人员", "Housing officer"),
    "admin": ("管理员", "Administrator"),
}
_OUTCOMES = {
    "granted": ("放行", "Let in"),
    "denied": ("未放行", "Not let in"),
    "ambiguous": ("需核对", "To be checked"),
    "unrecognised": ("未识别", "Not recognised"),
    "mismatch": ("人证不符", "Not the holder"),
}
_REASONS = {
    "granted": ("有通行权限", "May use this door"),
    "passback_soft": ("短时间内重复进入，已放行", "Came in twice in a short time; let in"),
    "exit": ("外出不受限制", "The way out is always free"),
    "fire": ("消防信号，全部放行", "Fire signal: every door opens"),
    "outside_schedule": ("不在允许时段", "Outside the allowed hours"),
    "not_yet_valid": ("权限尚未生效", "The right has not begun yet"),
    "expired": ("权限已到期", "The right has ended"),
    "no_right": ("无此门权限", "No right to this door"),
    "passback_hard": ("重复进入，未放行", "Came in twice; not let in"),
    "unidentified": ("身份未确认", "Not identified"),
    "unknown_door": ("未登记的门", "This door is not registered"),
    "under_threshold": ("相似度不足", "Not alike enough to anybody"),
    "too_alike": ("与多人相似，需第二种凭证", "Alike to more than one person; a second factor decides"),
    "no_template_of_model": ("没有该模型的登记特征", "Nobody is enrolled with this model"),
    "unmeasured_model": ("模型未经测定，不能用于识别", "This model has no measured threshold"),
    "probe_unusable": ("特征数据不可用", "The features could not be used"),
    "readers_disagree": ("两次读取不一致，请人工核对", "Two readers disagree: check by eye"),
    "near_one_plate": (
        "读取不确定，与一个登记车牌相近，请人工核对",
        "Hard to read, near one registered plate: check by eye",
    ),
    "near_several_plates": (
        "读取不确定，与多个登记车牌相近，请人工核对",
        "Hard to read, near several registered plates: check by eye",
    ),
    "seal_broken": ("指纹数据无法解密，请核对密钥", "The finger's data could not be opened: check the estate's key"),
    "credential_unknown": ("凭证未登记", "The credential is not registered"),
    "credential_not_valid": ("凭证不在有效期", "The credential is not valid now"),
    "relay_failed": ("门锁未响应", "The lock did not answer"),
    "no_copy": ("网关没有本地名单", "The gateway holds no copy to decide by"),
    "fire_reset": ("消防信号已复位", "The fire signal was reset"),
}
# What a gateway puts in front of a reason: it decided alone, and perhaps by an old copy.
_PREFIXES = {
    "alone_": ("网关自行决定：", "The gateway alone: "),
    "stale_": ("本地名单较旧：", "by an old copy: "),
}
_REJECTED = {
    "image_no_bytes": ("没有收到图像", "No picture was received"),
    "image_too_many_bytes": ("图像文件过大", "The picture file is too big"),
    "image_not_a_picture": ("不是图像文件", "Not a picture"),
    "image_empty": ("图像为空", "The picture is empty"),
    "image_too_many_pixels": ("图像尺寸过大", "The picture has too many pixels"),
    "image_too_costly": ("图像结构异常", "The picture is made to decode slowly"),
    "image_damaged": ("图像损坏", "The picture is damaged"),
    "malformed": ("数据无法解读", "The data cannot be read"),
    "oversized": ("数据超过大小上限", "The data is over its size"),
    "unknown_version": ("协议版本不受支持", "A version that is not spoken here"),
    "unknown_topic": ("未知的消息主题", "An unknown topic"),
    "estate_unknown": ("未登记的小区", "This estate is not registered"),
    "unknown_device": ("未登记的设备", "This device is not registered"),
    "wrong_door": ("设备报告了不属于它的门", "The device spoke of a door that is not its own"),
    "no_recogniser": ("网关没有可用的识别模型", "The gateway has no recogniser for this"),
    "no_face": ("图像中没有人脸", "No face in the picture"),
    "no_plate": ("图像中没有车牌", "No plate in the picture"),
    "no_finger": ("图像中没有指纹", "No finger in the picture"),
    "finger_record_too_long": ("指纹记录过长", "The finger record is too long"),
    "finger_record_unknown": ("不是支持的指纹记录", "No finger record of a supported standard"),
    "finger_record_cut_short": ("指纹记录不完整", "The finger record ends too early"),
    "finger_record_trailing_bytes": ("指纹记录后有多余数据", "Other data follow the finger record"),
    "finger_record_no_view": ("指纹记录中没有指纹", "The finger record holds no finger"),
    "finger_record_bad_scale": ("指纹记录的分辨率无效", "The finger record has no usable resolution"),
    "finger_record_bad_field": ("指纹记录中有无效数值", "The finger record holds an invalid value"),
    "plate_not_allowed": ("车牌号不符合规则", "No plate number has this form"),
    "bad_embedding": ("特征数据不可用", "The features cannot be used"),
    "bad_credential": ("凭证类型不受支持", "No credential of this kind is read here"),
    "time_unknown": ("无法确定事件时间", "When it happened cannot be told"),
    "clock_ahead": ("时间在将来，请校准网关时钟", "Taken in the future: set the gateway's clock"),
    "key_reused": ("同一编号的内容不一致", "The same number with other content"),
    "spoiled_on_disk": ("网关磁盘上的记录已损坏", "The record was damaged on the gateway's disk"),
    "busy": ("网关繁忙", "The gateway was busy"),
}
_HOME = {
    "care": ("需要关爱", "Needs care"),
    "overdue": ("到期未退", "Overdue"),
    "suspected_sublet": ("疑似转租或互换", "Perhaps sublet or swapped"),
    "suspected_idle": ("疑似空置", "Perhaps idle"),
    "declared_away": ("已报外出", "Declared away"),
    "occupied": ("有人居住", "Lived in"),
    "unknown": ("情况不明", "Unknown"),
    "let": ("已出租", "Let"),
    "vacant": ("空房", "Vacant"),
    "repair": ("维修中", "Under repair"),
    "reserved": ("已预留", "Reserved"),
}
_KINDS = {
    "sublet": ("疑似转租", "Perhaps sublet"),
    "swap": ("疑似互换", "Perhaps swapped"),
    "extra_resident": ("疑似未登记同住", "Perhaps an unregistered resident"),
    "vacancy": ("疑似空置", "Perhaps vacant"),
    "overdue": ("到期未退", "Overdue"),
    "welfare": ("关爱探访", "Care visit"),
    "renewal_due": ("续租提醒", "Renewal due"),
    "relet_overdue": ("超期未再出租", "Not let again in time"),
}
_STAGES = {
    "watch": ("关注", "Watch"),
    "suspected": ("疑似", "Suspected"),
    "to_verify": ("待核实", "To verify"),
}
_SMALL: dict[str, dict[str, tuple[str, str]]] = {
    "direction": {"in": ("进", "In"), "out": ("出", "Out"), "unknown": ("经过", "Passing")},
    "modality": {
        "face": ("人脸", "Face"), "finger": ("指纹", "Finger"), "plate": ("车牌", "Plate"), "gait": ("步态", "Gait"),
        "card": ("门卡", "Card"), "pin": ("密码", "PIN"), "pass": ("访客证", "Pass"), "intercom": ("对讲", "Intercom"),
        "qr": ("二维码", "QR code"),
    },
    "door": {
        "gate": ("小区大门", "Gate"), "building": ("单元门", "Building door"), "lift": ("电梯", "Lift"),
        "home": ("入户门", "Home door"), "garage": ("车库", "Garage"),
    },
    "relation": {
        "tenant": ("承租人", "Tenant"), "spouse": ("配偶", "Spouse"), "child": ("子女", "Child"),
        "parent": ("父母", "Parent"), "co-resident": ("同住人", "Co-resident"), "carer": ("护理人员", "Carer"),
        "staff": ("工作人员", "Staff"),
    },
    "absence": {
        "hospital": ("住院", "Hospital"), "travel": ("外出", "Travel"), "work": ("外地工作", "Work elsewhere"),
        "school": ("外地就学", "School elsewhere"), "other": ("其他", "Other"),
    },
    "pass": {
        "visitor": ("访客", "Visitor"), "courier": ("快递", "Courier"), "carer": ("护理人员", "Carer"),
        "contractor": ("施工人员", "Contractor"),
    },
    "visit": {
        "household_met": ("见到住户", "Met the household"), "other_met": ("见到他人", "Met somebody else"),
        "nobody": ("无人应门", "Nobody answered"), "refused": ("拒绝进入", "Refused"),
    },
    "gateway": {
        "well": ("正常", "Well"), "trouble": ("有异常", "Trouble"), "silent": ("无响应", "Silent"),
        "never": ("尚未上线", "Not heard of yet"), "unserved": ("未接网关", "No gateway"),
    },
    "triage": {
        "new": ("待处理", "New"), "acknowledged": ("已受理", "Taken up"), "dismissed": ("已排除", "Dismissed"),
        "closed": ("已结束", "Closed"), "waiting": ("排队中", "Waiting"),
    },
    "action": {
        "acknowledge": ("受理", "Take up"), "dismiss": ("排除", "Dismiss"), "reopen": ("重新打开", "Reopen"),
        "verdict": ("核实结论", "Verdict"),
    },
    "verdict": {"right": ("属实", "Right"), "wrong": ("不属实", "Wrong"), "unclear": ("无法判断", "Unclear")},
    "consent": {
        "door": ("门禁通行", "Doors"), "occupancy": ("入住核查", "Occupancy check"), "care": ("关爱提醒", "Care"),
    },
    "presence": {
        "at_home": ("在家", "At home"), "on_estate": ("在小区", "On the estate"), "away": ("外出", "Away"),
        "unknown": ("不明", "Unknown"),
    },
}  # fmt: skip

for _kind, _words in {
    "role": _ROLES, "outcome": _OUTCOMES, "reason": _REASONS, "rejected": _REJECTED, "home": _HOME, "kind": _KINDS,
    "stage": _STAGES, **_SMALL,
}.items():  # fmt: skip
    register({f"{_kind}.{_code}": _pair for _code, _pair in _words.items()})


def word(kind: str, code: str, lang: str) -> str:
    """The word for `code` among `kind`; the code itself where nobody gave it one."""
    key = f"{kind}.{code}"
    if key in known():
        return render(key, lang)
    for prefix, words in _PREFIXES.items():
        if kind == "reason" and code.startswith(prefix):
            return words[0 if lang == "zh" else 1] + word(kind, code.removeprefix(prefix), lang)
    return code.replace("_", " ")


_LAWS = {"Order 11": "《公共租赁住房管理办法》", "Civil Code": "《民法典》", "PIPL": "《个人信息保护法》"}
_BASIS = re.compile(r"(Order 11|Civil Code|PIPL)(?: Art\. (\d+)(?:\((\d+)\))?(?:\((\d+)\))?)?")
_PROVISOS = {
    "Guilin 2020 housing plan, item 17": "《桂林市2020年保障性住房工作方案》第17项",
    ", only where a room is let": "（仅限转租房间的情形）",
    ", consent for care": "（经本人同意的关爱）",
}


def law(basis: str, lang: str) -> str:
    """A legal basis as findings carry it ("Order 11 Art. 27(1)"), in the words of the page."""

    def chinese(match: re.Match[str]) -> str:
        article = f"第{match[2]}条" if match[2] else ""
        paragraph = f"第{match[3]}款第{match[4]}项" if match[4] else f"第{match[3]}项" if match[3] else ""
        return f"{_LAWS[match[1]]}{article}{paragraph}"

    if lang != "zh":
        return basis
    for english, words in _PROVISOS.items():
        basis = basis.replace(english, words)
    return _BASIS.sub(chinese, basis)
