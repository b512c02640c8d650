from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
  from ..models.multi_grader import MultiGrader
  from ..models.python_grader import PythonGrader
  from ..models.run_grader_body_item import RunGraderBodyItem
  from ..models.score_model_grader import ScoreModelGrader
  from ..models.string_check_grader import StringCheckGrader
  from ..models.text_similarity_grader import TextSimilarityGrader





T = TypeVar("T", bound="RunGraderBody")



@_attrs_define
class RunGraderBody:
    """ 
        Attributes:
            grader (MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader): What grades a
                completion, as OpenAI's fine-tuning has it
            model_sample (str): The text that is graded: sample.output_text, and sample.output_json where it is JSON.
            item (RunGraderBodyItem | Unset): Any JSON object of your own, which graders see as `item`; http and module
                rewards are told it. Example: {'label': 'yes'}.
     """

    grader: MultiGrader | PythonGrader | ScoreModelGrader | StringCheckGrader | TextSimilarityGrader
    model_sample: str
    item: RunGraderBodyItem | Unset = UNSET





    def to_dict(self) -> dict[str, Any]:
        from ..models.multi_grader import MultiGrader # noqa: PLC0415
        from ..models.python_grader import PythonGrader # noqa: PLC0415
        from ..models.run_grader_body_item import RunGraderBodyItem # noqa: PLC0415
        from ..models.score_model_grader import ScoreModelGrader # noqa: PLC0415
        from ..models.string_check_grader import StringCheckGrader # noqa: PLC0415
        from ..models.text_similarity_grader import TextSimilarityGrader # noqa: PLC0415
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


        model_sample = self.model_sample

        item: dict[str, Any] | Unset = UNSET
        if not isinstance(self.item, Unset):
            item = self.item.to_dict()


        field_dict: dict[str, Any] = {}

        field_dict.update({
            "grader": grader,
            "model_sample": model_sample,
        })
        if item is not UNSET:
            field_dict["item"] = item

        return field_dict



    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.multi_grader import MultiGrader # noqa: PLC0415
        from ..models.python_grader import PythonGrader # noqa: PLC0415
        from ..models.run_grader_body_item import RunGraderBodyItem # noqa: PLC0415
        from ..models.score_model_grader import ScoreModelGrader # noqa: PLC0415
        from ..models.string_check_grader import StringCheckGrader # noqa: PLC0415
        from ..models.text_similarity_grader import TextSimilarityGrader # noqa: PLC0415
        d = dict(src_dict)
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


        model_sample = d.pop("model_sample")

        _item = d.pop("item", UNSET)
        item: RunGraderBodyItem | Unset
        if isinstance(_item,  Unset):
            item = UNSET
        else:
            item = RunGraderBodyItem.from_dict(_item)




        run_grader_body = cls(
            grader=grader,
            model_sample=model_sample,
            item=item,
        )

        return run_grader_body

