"""Wrong answers to the exercise of notebook 99; each of them begins with something to clean up."""

from tests.course.gate.wrong_answers import Wrong

BEGIN = (
    "ws.deploy()\n"
    "ws.aws.producer_role()\n"
    'ws.client("cloudwatch").put_metric_alarm(\n'
    '    AlarmName=f"{ws.aws.stack}-state-is-behind", Namespace="AWS/Lambda", MetricName="IteratorAge",\n'
    '    Statistic="Maximum", Period=60, EvaluationPeriods=3, Threshold=7_200_000,\n'
    '    ComparisonOperator="GreaterThanThreshold",\n)\n'
)

WRONG = {
    "clean-up": (
        # The stack, and nothing that was made by hand.
        Wrong(
            f"{BEGIN}ws.leftovers.destroy(ws.aws.stack)",
            r"role `course-stateful-producer`, alarm `course-stateful-state-is-behind`",
        ),
        # What CloudFormation knows, and not the bucket that it took the zips from.
        Wrong(
            f'{BEGIN}ws.client("cloudformation").delete_stack(StackName=ws.aws.stack)\n'
            'ws.client("cloudformation").get_waiter("stack_delete_complete").wait(StackName=ws.aws.stack)\n'
            'ws.client("cloudwatch").delete_alarms(AlarmNames=[f"{ws.aws.stack}-state-is-behind"])',
            r"bucket `trade-risk-workshop",
        ),
    ),
}
