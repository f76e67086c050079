"""What a person is told before they agree to face recognition at the doors, by version (D1).

The version is stored with the consent. A text is never changed under its version: a new wording is a new version.
"""

from core.texts import Text

VERSION = "2026-11"
TEXTS = {
    VERSION: Text(
        "本小区在出入口使用人脸识别，仅用于确认您可以通行的门。\n"
        "保存的是经加密和变换的人脸特征，不保存照片；特征只在本小区网络内使用，不与其他小区比对。\n"
        "不同意不影响居住和通行：门卡、密码或值守人员始终可用，开放时间和通行范围完全相同。\n"
        "您可随时撤回同意，撤回后特征将从服务器和各门禁设备删除。租约终止后按规定期限删除。\n"
        "您有权查询、复制、更正、删除您的个人信息，并要求对识别结果作出说明和人工复核。",
        "This estate recognises faces at its doors, for one purpose: to know that you may use the door.\n"
        "What is kept is a protected, encrypted set of features, no picture. It stays on the estate's network and is "
        "never compared with another estate's.\n"
        "Saying no changes nothing: a card, a PIN or the guard opens the same doors at the same hours.\n"
        "You can take your consent back at any time; the features then go from the server and from every door device. "
        "After the lease they are deleted within the period of the rules.\n"
        "You may see, copy, correct and delete what is held about you, and have any recognition explained and looked "
        "at by a person.",
    )
}
