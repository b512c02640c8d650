from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.grader_reward_type import GraderRewardType
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.json_object_format import JsonObjectFormat
  from ..models.json_schema_format import JsonSchemaFormat
  from ..models.multi_grader import MultiGrader
  from ..models.python_grader import PythonGrader
  from ..models.score_model_grader import ScoreModelGrader
  from ..models.string_check_grader import StringCheckGrader
  from ..models.text_format import TextFormat
  from ..models.text_similarity_grader import TextSimilarityGrader





T = TypeVar("T", bound="GraderReward")



@_attrs_define
class GraderReward:
    """ What a grader of OpenAI's fine-tuning gives; 0 for a row that cannot be graded

        Attributes:
            type_ (GraderRewardType): Which reward it is.
            grader (MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader): What grades a
                completion, as OpenAI's fine-tuning has it
            response_format (JsonObjectFormat | JsonSchemaFormat | None | TextFormat | Unset): json_object or json_schema:
                graders have sample.output_json, the completion as JSON. It is read, not held against the schema. Default null:
                text.
     """

    type_: GraderRewardType
    grader: MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader
    response_format: JsonObjectFormat | JsonSchemaFormat | None | TextFormat | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.json_object_format import JsonObjectFormat # noqa: PLC0415
        from ..models.json_schema_format import JsonSchemaFormat # noqa: PLC0415
        from ..models.multi_grader import MultiGrader # noqa: PLC0415
        from ..models.python_grader import PythonGrader # noqa: PLC0415
        from ..models.score_model_grader import ScoreModelGrader # noqa: PLC0415
        from ..models.string_check_grader import StringCheckGrader # noqa: PLC0415
        from ..models.text_format import TextFormat # noqa: PLC0415
        from ..models.text_similarity_grader import TextSimilarityGrader # noqa: PLC0415
        type_ = self.type_.value

        grader: dict[str, Any]
        if isinstance(self.grader, StringCheckGrader):
            grader = self.grader.to_dict()
        elif isinstance(self.grader, TextSimilarityGrader):
            grader = self.grader.to_dict()
        elif isinstance(self.grader, PythonGrader):
            grader = self.grader.to_dict()
        elif isinstance(self.grader, ScoreModelGrader):
            grader = self.grader.to_dict()
        else:
            grader = self.grader.to_dict()


        response_format: dict[str, Any] | None | Unset
        if isinstance(self.response_format, Unset):
            response_format = UNSET
        elif isinstance(self.response_format, TextFormat):
            response_format = self.response_format.to_dict()
        elif isinstance(self.response_format, JsonObjectFormat):
            response_format = self.response_format.to_dict()
        elif isinstance(self.response_format, JsonSchemaFormat):
            response_format = self.response_format.to_dict()
        else:
            response_format = self.response_format


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "type": type_,
            "grader": grader,
        })
        if response_format is not UNSET:
            field_dict["response_format"] = response_format

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.json_object_format import JsonObjectFormat # noqa: PLC0415
        from ..models.json_schema_format import JsonSchemaFormat # noqa: PLC0415
        from ..models.multi_grader import MultiGrader # noqa: PLC0415
        from ..models.python_grader import PythonGrader # noqa: PLC0415
        from ..models.score_model_grader import ScoreModelGrader # noqa: PLC0415
        from ..models.string_check_grader import StringCheckGrader # noqa: PLC0415
        from ..models.text_format import TextFormat # noqa: PLC0415
        from ..models.text_similarity_grader import TextSimilarityGrader # noqa: PLC0415
        d = dict(src_dict)
        type_ = GraderRewardType(d.pop("type"))




        def _parse_grader(data: object) -> MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_0 = StringCheckGrader.from_dict(data)



                return componentsschemas_grader_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_1 = TextSimilarityGrader.from_dict(data)



                return componentsschemas_grader_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_2 = PythonGrader.from_dict(data)



                return componentsschemas_grader_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_grader_type_3 = ScoreModelGrader.from_dict(data)



                return componentsschemas_grader_type_3
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_grader_type_4 = MultiGrader.from_dict(data)



            return componentsschemas_grader_type_4

        grader = _parse_grader(d.pop("grader"))


        def _parse_response_format(data: object) -> JsonObjectFormat | JsonSchemaFormat | None | TextFormat | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_format_type_0 = TextFormat.from_dict(data)



                return response_format_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_format_type_1 = JsonObjectFormat.from_dict(data)



                return response_format_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                response_format_type_2 = JsonSchemaFormat.from_dict(data)



                return response_format_type_2
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JsonObjectFormat | JsonSchemaFormat | None | TextFormat | Unset, data)

        response_format = _parse_response_format(d.pop("response_format", UNSET))


        grader_reward = cls(
            type_=type_,
            grader=grader,
            response_format=response_format,
        )

        return grader_reward

