"""Wrong answers to the exercises of notebook 11."""

from tests.course.gate.wrong_answers import Wrong

QUEUE = (
    'answer = ws.client("sqs").get_queue_attributes(\n'
    '    QueueUrl=ws.outputs["FailureQueueUrl"], AttributeNames=["QueueArn"]\n'
    ")\n"
    'queue_arn = answer["Attributes"]["QueueArn"]\n'
)
SPLIT = "BisectBatchOnFunctionError=True"
PARTIAL = 'FunctionResponseTypes=["ReportBatchItemFailures"]'
TWICE = "MaximumRetryAttempts=2"
TOLD = 'DestinationConfig={"OnFailure": {"Destination": queue_arn}}'


def changing(*settings: str, function: str = "StateLambda") -> str:
    """Return a cell that gives a mapping these settings."""
    return (
        f'{QUEUE}ws.client("lambda").update_event_source_mapping(\n'
        f'    UUID=ws.aws.mapping("{function}")["UUID"], {", ".join(settings)}\n)'
    )


def alarm(threshold: str, statistic: str = "Maximum", metric: str = "IteratorAge", **more: str) -> str:
    """Return a cell that makes the alarm like this."""
    function = more.get("function", 'ws.outputs["StateLambdaName"]')
    return (
        'ws.client("cloudwatch").put_metric_alarm(\n'
        '    AlarmName=f"{ws.aws.stack}-state-is-behind", Namespace="AWS/Lambda",\n'
        f'    MetricName="{metric}", Dimensions=[{{"Name": "FunctionName", "Value": {function}}}],\n'
        f'    Statistic="{statistic}", Period=60, EvaluationPeriods=3, Threshold={threshold},\n'
        '    ComparisonOperator="GreaterThanThreshold",\n)'
    )


WRONG = {
    "mapping-failures": (
        Wrong(changing(SPLIT, PARTIAL, TOLD), r"without end"),
        Wrong(changing(SPLIT, PARTIAL, TWICE), r"nobody hears of it"),
        Wrong(changing(PARTIAL, TWICE, TOLD), r"takes its whole batch with it"),
        Wrong(changing(SPLIT, TWICE, TOLD), r"does not look at what the function answers"),
        Wrong(
            f"{changing(SPLIT, PARTIAL, TWICE, TOLD)}\n"
            'ws.client("lambda").update_event_source_mapping('
            'UUID=ws.aws.mapping("ReduceLambda")["UUID"], MaximumRetryAttempts=2)',
            r"ReduceLambda gives a batch up",
        ),
    ),
    "iterator-age-alarm": (
        Wrong(alarm("7200"), r"comes in milliseconds"),
        Wrong(alarm("2 * 3600 * 1000", statistic="Average"), r"goes by the average"),
        Wrong(alarm("2 * 3600 * 1000", metric="Duration"), r"watches `AWS/Lambda Duration`"),
        Wrong(alarm("20 * 3600 * 1000"), r"24 hours"),
        Wrong(alarm("2 * 3600 * 1000", function='ws.outputs["MapLambdaName"]'), r"course-stateful-MapLambda"),
    ),
}
