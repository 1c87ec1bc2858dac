"""Functions whose code stands in a template may import `cfnresponse`, by which custom resources answer.

AWS puts the module beside inline code, and only there
(https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-lambda-function-code-cfnresponsemodule.html).
Support for the types of this folder; no correction of its own.
"""

import io
import zipfile

__all__ = ["zip_inline_code"]

# The functions and arguments are AWS's.
CFNRESPONSE = """\
import json
import urllib.request

SUCCESS = "SUCCESS"
FAILED = "FAILED"


def send(event, context, responseStatus, responseData, physicalResourceId=None, noEcho=False, reason=None):
    body = {
        "Status": responseStatus,
        "Reason": reason or "See the details in CloudWatch Log Stream: " + context.log_stream_name,
        "PhysicalResourceId": physicalResourceId or context.log_stream_name,
        "StackId": event["StackId"],
        "RequestId": event["RequestId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "NoEcho": noEcho,
        "Data": responseData,
    }
    request = urllib.request.Request(
        event["ResponseURL"], data=json.dumps(body).encode(), headers={"content-type": ""}, method="PUT"
    )
    try:
        with urllib.request.urlopen(request) as response:
            print("Status code:", response.status)
    except Exception as error:
        print("send(..) failed executing the request:", error)
"""


def zip_inline_code(source: str) -> bytes:
    """Return an archive with the code as `index.py`, and `cfnresponse.py` if the code mentions it."""
    files = {"index.py": source}
    if "cfnresponse" in source:
        files["cfnresponse.py"] = CFNRESPONSE
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(zipfile.ZipInfo(name), text)
    return content.getvalue()
